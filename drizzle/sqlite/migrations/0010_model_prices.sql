ALTER TABLE `model_usage` ADD `input_cost` real;--> statement-breakpoint
ALTER TABLE `model_usage` ADD `output_cost` real;--> statement-breakpoint
CREATE INDEX `model_usage_by_session` ON `model_usage` (`session`,`at`);