CREATE TABLE `always_allowed` (
	`plugin_id` text NOT NULL,
	`subject` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`plugin_id`, `subject`)
);
--> statement-breakpoint
CREATE TABLE `asks` (
	`id` text PRIMARY KEY NOT NULL,
	`plugin_id` text NOT NULL,
	`subject_hash` text NOT NULL,
	`body` text NOT NULL,
	`state` text NOT NULL,
	`created_at` integer NOT NULL,
	`resolved_at` integer
);
--> statement-breakpoint
CREATE INDEX `asks_open` ON `asks` (`created_at`) WHERE "asks"."state" = 'open';--> statement-breakpoint
CREATE TABLE `audit` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`plugin` text NOT NULL,
	`session` text,
	`run` text,
	`call` text,
	`kind` text NOT NULL,
	`target` text NOT NULL,
	`decision` text NOT NULL,
	`reason` text NOT NULL,
	`outcome` text NOT NULL,
	`previous_hash` text NOT NULL,
	`hash` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `cookies` (
	`hash` text PRIMARY KEY NOT NULL,
	`expires_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `cookies_by_expiry` ON `cookies` (`expires_at`);--> statement-breakpoint
CREATE TABLE `devices` (
	`device_id` text PRIMARY KEY NOT NULL,
	`public_key` text NOT NULL,
	`client_id` text NOT NULL,
	`platform` text NOT NULL,
	`role` text NOT NULL,
	`scopes` text NOT NULL,
	`token_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`last_seen_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `grants` (
	`plugin_id` text NOT NULL,
	`request_hash` text NOT NULL,
	`decision` text NOT NULL,
	`permissions` text NOT NULL,
	`decided_at` integer NOT NULL,
	PRIMARY KEY(`plugin_id`, `request_hash`)
);
--> statement-breakpoint
CREATE TABLE `messages` (
	`row_id` integer PRIMARY KEY NOT NULL,
	`session` integer NOT NULL,
	`seq` integer NOT NULL,
	`id` text NOT NULL,
	`role` text NOT NULL,
	`run_id` text NOT NULL,
	`idempotency_key` text,
	`created_at` integer NOT NULL,
	`chars` integer NOT NULL,
	`body` text NOT NULL,
	FOREIGN KEY (`session`) REFERENCES `sessions`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_position` ON `messages` (`session`,`seq`);--> statement-breakpoint
CREATE UNIQUE INDEX `messages_by_key` ON `messages` (`session`,`idempotency_key`) WHERE "messages"."idempotency_key" is not null;--> statement-breakpoint
CREATE INDEX `messages_by_run` ON `messages` (`run_id`,`role`);--> statement-breakpoint
CREATE TABLE `plugins` (
	`id` text PRIMARY KEY NOT NULL,
	`origin` text NOT NULL,
	`folder` text NOT NULL,
	`serving` text,
	`pinned` text,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` integer PRIMARY KEY NOT NULL,
	`key` text NOT NULL,
	`session_id` text NOT NULL,
	`current` integer NOT NULL,
	`agent_id` text NOT NULL,
	`title` text,
	`last_seq` integer NOT NULL,
	`message_count` integer NOT NULL,
	`last_preview` text,
	`input_tokens` integer NOT NULL,
	`output_tokens` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_session_id_unique` ON `sessions` (`session_id`);--> statement-breakpoint
CREATE INDEX `sessions_by_key` ON `sessions` (`key`);--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_current` ON `sessions` (`key`) WHERE "sessions"."current" = 1;--> statement-breakpoint
CREATE INDEX `sessions_by_use` ON `sessions` (`updated_at`) WHERE "sessions"."current" = 1;