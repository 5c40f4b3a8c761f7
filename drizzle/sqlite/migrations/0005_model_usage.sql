CREATE TABLE `model_usage` (
	`id` integer PRIMARY KEY NOT NULL,
	`day` text NOT NULL,
	`at` integer NOT NULL,
	`plugin` text,
	`agent` text,
	`session` text,
	`run` text,
	`call` text,
	`provider` text,
	`model` text,
	`state` text NOT NULL,
	`input` integer NOT NULL,
	`output` integer NOT NULL,
	`tokens` integer NOT NULL,
	`exact` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `model_usage_by_plugin` ON `model_usage` (`plugin`,`day`,`tokens`);