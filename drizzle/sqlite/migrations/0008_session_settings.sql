CREATE TABLE `session_settings` (
	`key` text PRIMARY KEY NOT NULL,
	`model` text,
	`thinking` text
);
