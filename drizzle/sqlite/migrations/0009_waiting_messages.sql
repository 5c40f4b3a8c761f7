CREATE TABLE `waiting_messages` (
	`id` integer PRIMARY KEY NOT NULL,
	`session_key` text NOT NULL,
	`run_id` text NOT NULL,
	`message` text NOT NULL,
	`mode` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `waiting_messages_by_run` ON `waiting_messages` (`session_key`,`run_id`);