-- Triggers and the first row of audit_head: drizzle-kit knows neither, so this migration is written by hand.
INSERT INTO `audit_head` (`id`, `seq`, `hash`)
SELECT 1, coalesce((SELECT max(`seq`) FROM `audit`), 0), coalesce((SELECT `hash` FROM `audit` ORDER BY `seq` DESC LIMIT 1), '0000000000000000000000000000000000000000000000000000000000000000');
--> statement-breakpoint
CREATE TRIGGER `audit_no_update` BEFORE UPDATE ON `audit`
BEGIN SELECT RAISE(ABORT, 'records of the audit are not changed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_no_delete` BEFORE DELETE ON `audit`
WHEN OLD.`seq` > coalesce((SELECT max(`last_seq`) FROM `audit_files`), 0)
BEGIN SELECT RAISE(ABORT, 'records of the audit are not deleted before they stand in a file'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_only_append` BEFORE INSERT ON `audit`
WHEN NOT EXISTS (SELECT 1 FROM `audit_head` WHERE `seq` = NEW.`seq` - 1 AND `hash` = NEW.`previous_hash`)
BEGIN SELECT RAISE(ABORT, 'records of the audit are added at its end alone'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_moves_head` AFTER INSERT ON `audit`
BEGIN UPDATE `audit_head` SET `seq` = NEW.`seq`, `hash` = NEW.`hash`; END;
--> statement-breakpoint
CREATE TRIGGER `audit_head_follows` BEFORE UPDATE ON `audit_head`
WHEN NEW.`seq` <> OLD.`seq` + 1 OR NOT EXISTS (SELECT 1 FROM `audit` WHERE `seq` = NEW.`seq` AND `hash` = NEW.`hash`)
BEGIN SELECT RAISE(ABORT, 'the head of the audit follows its records'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_head_stays` BEFORE DELETE ON `audit_head`
BEGIN SELECT RAISE(ABORT, 'the audit has a head'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_one_head` BEFORE INSERT ON `audit_head`
BEGIN SELECT RAISE(ABORT, 'the audit has one head'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_files_in_order` BEFORE INSERT ON `audit_files`
WHEN NEW.`first_seq` <> 1 + coalesce((SELECT max(`last_seq`) FROM `audit_files`), 0)
  OR NEW.`last_seq` < NEW.`first_seq`
  OR NOT EXISTS (SELECT 1 FROM `audit` WHERE `seq` = NEW.`last_seq` AND `hash` = NEW.`last_hash`)
BEGIN SELECT RAISE(ABORT, 'files of the audit follow each other'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_files_no_update` BEFORE UPDATE ON `audit_files`
BEGIN SELECT RAISE(ABORT, 'files of the audit are not changed'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_files_no_delete` BEFORE DELETE ON `audit_files`
BEGIN SELECT RAISE(ABORT, 'files of the audit are not forgotten'); END;
