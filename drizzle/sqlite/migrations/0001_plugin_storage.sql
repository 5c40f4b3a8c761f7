CREATE TABLE `plugin_storage` (
	`plugin_id` text NOT NULL,
	`key` blob NOT NULL,
	`format` text NOT NULL,
	`value` blob NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`plugin_id`, `key`)
);
