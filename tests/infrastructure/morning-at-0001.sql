BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE attendance (
	id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	person_id INTEGER, 
	name VARCHAR(120) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	origin VARCHAR(16) NOT NULL, 
	arrived_at DATETIME, 
	version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_attendance PRIMARY KEY (id), 
	CONSTRAINT ck_attendance_here_since CHECK ((state IN ('present', 'late')) = (arrived_at IS NOT NULL)), 
	CONSTRAINT ck_attendance_named CHECK (name <> ''), 
	CONSTRAINT ck_attendance_origin_known CHECK (origin IN ('list', 'walk_in')), 
	CONSTRAINT ck_attendance_state_known CHECK (state IN ('invited', 'going', 'present', 'late')), 
	CONSTRAINT fk_attendance_event_id_events FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
	CONSTRAINT fk_attendance_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE SET NULL, 
	CONSTRAINT uq_attendance_event_id_person_id UNIQUE (event_id, person_id)
);
INSERT INTO "attendance" VALUES(1,1,1,'Ada Bevan','present','walk_in','2026-11-24 07:00:00.000000',2,'2026-11-24 07:00:00.000000');
INSERT INTO "attendance" VALUES(2,1,2,'Ben Okafor','present','walk_in','2026-11-24 07:00:00.000000',3,'2026-11-24 07:00:00.000000');
CREATE TABLE attendance_changes (
	id INTEGER NOT NULL, 
	attendance_id INTEGER NOT NULL, 
	from_state VARCHAR(16), 
	to_state VARCHAR(16) NOT NULL, 
	at DATETIME NOT NULL, 
	by_id INTEGER, 
	how VARCHAR(16) NOT NULL, 
	CONSTRAINT pk_attendance_changes PRIMARY KEY (id), 
	CONSTRAINT ck_attendance_changes_how_known CHECK (how IN ('self', 'organiser', 'import')), 
	CONSTRAINT fk_attendance_changes_attendance_id_attendance FOREIGN KEY(attendance_id) REFERENCES attendance (id) ON DELETE CASCADE, 
	CONSTRAINT fk_attendance_changes_by_id_people FOREIGN KEY(by_id) REFERENCES people (id) ON DELETE SET NULL
);
INSERT INTO "attendance_changes" VALUES(1,1,'invited','present','2026-11-24 07:00:00.000000',1,'self');
INSERT INTO "attendance_changes" VALUES(2,2,'invited','present','2026-11-24 07:00:00.000000',2,'self');
CREATE TABLE card_fields (
	card_id INTEGER NOT NULL, 
	name VARCHAR(16) NOT NULL, 
	text VARCHAR(400) NOT NULL, 
	typed VARCHAR(400) NOT NULL, 
	level VARCHAR(8) NOT NULL, 
	CONSTRAINT pk_card_fields PRIMARY KEY (card_id, name), 
	CONSTRAINT ck_card_fields_level_known CHECK (level IN ('anyone', 'met', 'nobody')), 
	CONSTRAINT ck_card_fields_name_known CHECK (name IN ('role', 'company', 'what_i_do', 'who_for', 'looking_for', 'can_offer', 'email', 'phone', 'link')), 
	CONSTRAINT ck_card_fields_said CHECK (text <> ''), 
	CONSTRAINT fk_card_fields_card_id_cards FOREIGN KEY(card_id) REFERENCES cards (id) ON DELETE CASCADE
);
INSERT INTO "card_fields" VALUES(1,'what_i_do','I keep the books for cafés','I keep the books for cafés','anyone');
INSERT INTO "card_fields" VALUES(2,'what_i_do','I build websites','I build websites','anyone');
INSERT INTO "card_fields" VALUES(3,'what_i_do','I run this breakfast','I run this breakfast','anyone');
CREATE TABLE card_tokens (
	id INTEGER NOT NULL, 
	card_id INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	key_id VARCHAR(16) NOT NULL, 
	token_hash BLOB NOT NULL, 
	short_code VARCHAR(8) NOT NULL, 
	issued_at DATETIME NOT NULL, 
	withdrawn_at DATETIME, 
	CONSTRAINT pk_card_tokens PRIMARY KEY (id), 
	CONSTRAINT ck_card_tokens_generation_counts CHECK (generation > 0), 
	CONSTRAINT fk_card_tokens_card_id_cards FOREIGN KEY(card_id) REFERENCES cards (id) ON DELETE CASCADE, 
	CONSTRAINT uq_card_tokens_short_code UNIQUE (short_code), 
	CONSTRAINT uq_card_tokens_token_hash UNIQUE (token_hash)
);
INSERT INTO "card_tokens" VALUES(1,1,1,'test',X'2A62DE1316380C38581C8C9308894FC7FE8C8BEAAF0607EE4A6BD4EF810BB2A8','D5M9ZEFF','2026-11-24 07:30:00.000000',NULL);
INSERT INTO "card_tokens" VALUES(2,2,1,'test',X'F7C32F43AFC7F2F00E1902432056EFE63AD7ECE1AA3282166F7C6A280D540F44','N75TWJ3M','2026-11-24 07:30:00.000000',NULL);
INSERT INTO "card_tokens" VALUES(3,3,1,'test',X'4FA779534D49309F1E38E64F78518A885D6B1D9032E5D33C93C76A528AA5769D','ME2BJPDK','2026-11-24 07:30:00.000000',NULL);
INSERT INTO "card_tokens" VALUES(4,4,1,'test',X'DEE2706ADEFDC9EF8BD23C96221D93C7FD3972AA23B7846DE5CAE4E97E4C868A','D5RGTPMR','2026-11-24 07:30:00.000000',NULL);
CREATE TABLE cards (
	id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	preset VARCHAR(8) NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_cards PRIMARY KEY (id), 
	CONSTRAINT ck_cards_preset_known CHECK (preset IN ('reserved', 'usual', 'open')), 
	CONSTRAINT fk_cards_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT uq_cards_person_id UNIQUE (person_id)
);
INSERT INTO "cards" VALUES(1,1,'reserved','2026-11-24 07:30:00.000000');
INSERT INTO "cards" VALUES(2,2,'reserved','2026-11-24 07:30:00.000000');
INSERT INTO "cards" VALUES(3,3,'reserved','2026-11-24 07:30:00.000000');
INSERT INTO "cards" VALUES(4,4,'reserved','2026-11-24 07:30:00.000000');
CREATE TABLE contacts (
	id INTEGER NOT NULL, 
	owner_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	stage VARCHAR(16) NOT NULL, 
	opened_at DATETIME, 
	last_touch_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_contacts PRIMARY KEY (id), 
	CONSTRAINT ck_contacts_stage_known CHECK (stage IN ('new', 'keeping_up', 'wide_circle')), 
	CONSTRAINT ck_contacts_not_oneself CHECK (owner_id <> other_id), 
	CONSTRAINT fk_contacts_other_id_people FOREIGN KEY(other_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT fk_contacts_owner_id_people FOREIGN KEY(owner_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT uq_contacts_owner_id_other_id UNIQUE (owner_id, other_id)
);
INSERT INTO "contacts" VALUES(1,1,2,'new','2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000');
INSERT INTO "contacts" VALUES(2,2,1,'new',NULL,'2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000');
CREATE TABLE deliveries (
	id INTEGER NOT NULL, 
	prompt_id INTEGER, 
	code_id INTEGER, 
	channel VARCHAR(8) NOT NULL, 
	round INTEGER NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	reason VARCHAR(200) NOT NULL, 
	due_at DATETIME NOT NULL, 
	next_try_at DATETIME NOT NULL, 
	attempt INTEGER NOT NULL, 
	failures INTEGER NOT NULL, 
	lease_until DATETIME, 
	recipient VARCHAR(254) NOT NULL, 
	message_id VARCHAR(200) NOT NULL, 
	frozen BLOB, 
	frozen_key VARCHAR(16) NOT NULL, 
	created_at DATETIME NOT NULL, 
	sent_at DATETIME, 
	CONSTRAINT pk_deliveries PRIMARY KEY (id), 
	CONSTRAINT ck_deliveries_leased_while_held CHECK ((state IN ('claimed', 'dot')) = (lease_until IS NOT NULL)), 
	CONSTRAINT ck_deliveries_channel_known CHECK (channel IN ('mail')), 
	CONSTRAINT ck_deliveries_state_known CHECK (state IN ('waiting', 'claimed', 'dot', 'sent', 'failed', 'suppressed', 'expired')), 
	CONSTRAINT ck_deliveries_carries_one_thing CHECK ((prompt_id IS NULL) <> (code_id IS NULL)), 
	CONSTRAINT fk_deliveries_code_id_sign_in_codes FOREIGN KEY(code_id) REFERENCES sign_in_codes (id) ON DELETE CASCADE, 
	CONSTRAINT fk_deliveries_prompt_id_prompts FOREIGN KEY(prompt_id) REFERENCES prompts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_deliveries_code_id UNIQUE (code_id), 
	CONSTRAINT uq_deliveries_prompt_id_channel_round UNIQUE (prompt_id, channel, round)
);
CREATE TABLE encounters (
	id INTEGER NOT NULL, 
	low_id INTEGER NOT NULL, 
	high_id INTEGER NOT NULL, 
	event_id INTEGER, 
	local_day DATE, 
	met_at DATETIME NOT NULL, 
	voided_at DATETIME, 
	CONSTRAINT pk_encounters PRIMARY KEY (id), 
	CONSTRAINT ck_encounters_event_or_day CHECK ((event_id IS NULL) <> (local_day IS NULL)), 
	CONSTRAINT ck_encounters_pair_in_order CHECK (low_id < high_id), 
	CONSTRAINT fk_encounters_event_id_events FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
	CONSTRAINT fk_encounters_high_id_people FOREIGN KEY(high_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT fk_encounters_low_id_people FOREIGN KEY(low_id) REFERENCES people (id) ON DELETE CASCADE
);
INSERT INTO "encounters" VALUES(1,1,2,1,NULL,'2026-11-24 07:30:00.000000',NULL);
CREATE TABLE events (
	id INTEGER NOT NULL, 
	group_id INTEGER NOT NULL, 
	code VARCHAR(8) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	place VARCHAR(200) NOT NULL, 
	time_zone VARCHAR(64) NOT NULL, 
	day DATE NOT NULL, 
	start_time TIME NOT NULL, 
	end_time TIME NOT NULL, 
	starts_at DATETIME NOT NULL, 
	ends_at DATETIME NOT NULL, 
	closes_at DATETIME NOT NULL, 
	follow_up_days INTEGER NOT NULL, 
	one_to_one_days INTEGER NOT NULL, 
	cancelled_at DATETIME, 
	version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (id), 
	CONSTRAINT ck_events_named CHECK (name <> ''), 
	CONSTRAINT ck_events_ends_after_start CHECK (ends_at > starts_at), 
	CONSTRAINT ck_events_follow_up_days_sane CHECK (follow_up_days BETWEEN 0 AND 60), 
	CONSTRAINT ck_events_one_to_one_days_sane CHECK (one_to_one_days BETWEEN 0 AND 60), 
	CONSTRAINT fk_events_group_id_groups FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE, 
	CONSTRAINT uq_events_code UNIQUE (code)
);
INSERT INTO "events" VALUES(1,1,'DD6V33PY','Tuesday Breakfast','The Grand, Bristol','Europe/London','2026-11-24','07:00:00.000000','09:00:00.000000','2026-11-24 07:00:00.000000','2026-11-24 09:00:00.000000','2026-11-24 12:00:00.000000',2,6,NULL,4,'2026-11-24 07:30:00.000000');
CREATE TABLE groups (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	time_zone VARCHAR(64) NOT NULL, 
	demo BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_groups PRIMARY KEY (id), 
	CONSTRAINT ck_groups_named CHECK (name <> '')
);
INSERT INTO "groups" VALUES(1,'Bread & Butter','Europe/London',0,'2026-11-24 07:30:00.000000');
CREATE TABLE heartbeats (
	worker VARCHAR(120) NOT NULL, 
	beat_at DATETIME NOT NULL, 
	CONSTRAINT pk_heartbeats PRIMARY KEY (worker)
);
CREATE TABLE limits (
	"key" VARCHAR(300) NOT NULL, 
	window_start DATETIME NOT NULL, 
	uses INTEGER NOT NULL, 
	CONSTRAINT pk_limits PRIMARY KEY ("key", window_start)
);
INSERT INTO "limits" VALUES('one_to_one/2','2026-11-24 00:00:00.000000',1);
CREATE TABLE memberships (
	group_id INTEGER NOT NULL, 
	person_id INTEGER NOT NULL, 
	role VARCHAR(16) NOT NULL, 
	joined_at DATETIME NOT NULL, 
	CONSTRAINT pk_memberships PRIMARY KEY (group_id, person_id), 
	CONSTRAINT ck_memberships_role_known CHECK (role IN ('organiser', 'member')), 
	CONSTRAINT fk_memberships_group_id_groups FOREIGN KEY(group_id) REFERENCES groups (id) ON DELETE CASCADE, 
	CONSTRAINT fk_memberships_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);
INSERT INTO "memberships" VALUES(1,3,'organiser','2026-11-24 07:30:00.000000');
INSERT INTO "memberships" VALUES(1,1,'member','2026-11-24 07:00:00.000000');
INSERT INTO "memberships" VALUES(1,2,'member','2026-11-24 07:00:00.000000');
CREATE TABLE notes (
	id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	encounter_id INTEGER, 
	kind VARCHAR(8) NOT NULL, 
	key_id VARCHAR(16) NOT NULL, 
	sealed BLOB NOT NULL, 
	written_at DATETIME NOT NULL, 
	kept_at DATETIME, 
	CONSTRAINT pk_notes PRIMARY KEY (id), 
	CONSTRAINT ck_notes_kind_known CHECK (kind IN ('line', 'promise')), 
	CONSTRAINT fk_notes_contact_id_contacts FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_notes_encounter_id_encounters FOREIGN KEY(encounter_id) REFERENCES encounters (id) ON DELETE SET NULL, 
	CONSTRAINT uq_notes_contact_id_encounter_id_kind UNIQUE (contact_id, encounter_id, kind)
);
INSERT INTO "notes" VALUES(1,1,NULL,'line','test',X'5C373C7B83BB666103C591567ED48D586DD920F5B04384BE3755AE821EE21C085547D0B22B0FF80E12E388CFD6901B5A9D706F','2026-11-24 07:30:00.000000',NULL);
CREATE TABLE observations (
	observer_id INTEGER NOT NULL, 
	op_id CHAR(32) NOT NULL, 
	observed_id INTEGER NOT NULL, 
	encounter_id INTEGER NOT NULL, 
	how VARCHAR(16) NOT NULL, 
	met_at DATETIME NOT NULL, 
	received_at DATETIME NOT NULL, 
	voided_at DATETIME, 
	CONSTRAINT pk_observations PRIMARY KEY (observer_id, op_id), 
	CONSTRAINT ck_observations_how_known CHECK (how IN ('card', 'short_code', 'by_hand')), 
	CONSTRAINT ck_observations_not_oneself CHECK (observer_id <> observed_id), 
	CONSTRAINT fk_observations_encounter_id_encounters FOREIGN KEY(encounter_id) REFERENCES encounters (id) ON DELETE CASCADE, 
	CONSTRAINT fk_observations_observed_id_people FOREIGN KEY(observed_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT fk_observations_observer_id_people FOREIGN KEY(observer_id) REFERENCES people (id) ON DELETE CASCADE
);
INSERT INTO "observations" VALUES(1,'0190a8c57d1e70008000000000000001',2,1,'card','2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000',NULL);
CREATE TABLE offered_times (
	id INTEGER NOT NULL, 
	one_to_one_id INTEGER NOT NULL, 
	starts_at DATETIME NOT NULL, 
	CONSTRAINT pk_offered_times PRIMARY KEY (id), 
	CONSTRAINT fk_offered_times_one_to_one_id_one_to_ones FOREIGN KEY(one_to_one_id) REFERENCES one_to_ones (id) ON DELETE CASCADE, 
	CONSTRAINT uq_offered_times_one_to_one_id_starts_at UNIQUE (one_to_one_id, starts_at)
);
INSERT INTO "offered_times" VALUES(1,1,'2026-11-25 12:00:00.000000');
INSERT INTO "offered_times" VALUES(2,1,'2026-11-26 12:00:00.000000');
INSERT INTO "offered_times" VALUES(3,1,'2026-11-27 12:00:00.000000');
CREATE TABLE one_to_ones (
	id INTEGER NOT NULL, 
	proposer_id INTEGER NOT NULL, 
	other_id INTEGER NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	place VARCHAR(200) NOT NULL, 
	why VARCHAR(200) NOT NULL, 
	minutes INTEGER NOT NULL, 
	time_zone VARCHAR(64) NOT NULL, 
	starts_at DATETIME, 
	version INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	answered_at DATETIME, 
	cancelled_by_id INTEGER, 
	CONSTRAINT pk_one_to_ones PRIMARY KEY (id), 
	CONSTRAINT ck_one_to_ones_answered_when_not_open CHECK ((state = 'proposed') = (answered_at IS NULL)), 
	CONSTRAINT ck_one_to_ones_agreed_has_a_time CHECK ((state IN ('agreed', 'cancelled')) = (starts_at IS NOT NULL)), 
	CONSTRAINT ck_one_to_ones_state_known CHECK (state IN ('proposed', 'agreed', 'declined', 'withdrawn', 'closed', 'cancelled')), 
	CONSTRAINT ck_one_to_ones_minutes_sane CHECK (minutes BETWEEN 10 AND 240), 
	CONSTRAINT ck_one_to_ones_not_oneself CHECK (proposer_id <> other_id), 
	CONSTRAINT fk_one_to_ones_cancelled_by_id_people FOREIGN KEY(cancelled_by_id) REFERENCES people (id) ON DELETE SET NULL, 
	CONSTRAINT fk_one_to_ones_other_id_people FOREIGN KEY(other_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT fk_one_to_ones_proposer_id_people FOREIGN KEY(proposer_id) REFERENCES people (id) ON DELETE CASCADE
);
INSERT INTO "one_to_ones" VALUES(1,1,2,'agreed','By phone','',30,'Europe/London','2026-11-25 12:00:00.000000',0,'2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000',NULL);
CREATE TABLE passed_over (
	prompt_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	CONSTRAINT pk_passed_over PRIMARY KEY (prompt_id, contact_id), 
	CONSTRAINT fk_passed_over_contact_id_contacts FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_passed_over_prompt_id_prompts FOREIGN KEY(prompt_id) REFERENCES prompts (id) ON DELETE CASCADE
);
CREATE TABLE people (
	id INTEGER NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	email VARCHAR(254), 
	email_confirmed_at DATETIME, 
	email_typed VARCHAR(254), 
	time_zone VARCHAR(64) NOT NULL, 
	mail_prompts BOOLEAN NOT NULL, 
	larger_text BOOLEAN NOT NULL, 
	may_start_groups BOOLEAN NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_people PRIMARY KEY (id), 
	CONSTRAINT ck_people_named CHECK (name <> ''), 
	CONSTRAINT ck_people_email_is_confirmed CHECK ((email IS NULL) = (email_confirmed_at IS NULL)), 
	CONSTRAINT ck_people_email_is_lower CHECK (email = lower(email)), 
	CONSTRAINT uq_people_email UNIQUE (email)
);
INSERT INTO "people" VALUES(1,'Ada Bevan','ada@example.org','2026-11-24 07:30:00.000000',NULL,'Europe/London',1,0,0,'2026-11-24 07:30:00.000000');
INSERT INTO "people" VALUES(2,'Ben Okafor','ben@example.org','2026-11-24 07:30:00.000000',NULL,'Europe/London',1,0,0,'2026-11-24 07:30:00.000000');
INSERT INTO "people" VALUES(3,'Cleo Nowak','cleo@example.org','2026-11-24 07:30:00.000000',NULL,'Europe/London',1,0,1,'2026-11-24 07:30:00.000000');
INSERT INTO "people" VALUES(4,'Dev Singh',NULL,NULL,NULL,'Europe/London',1,0,0,'2026-11-24 07:30:00.000000');
CREATE TABLE photos (
	card_id INTEGER NOT NULL, 
	address VARCHAR(43) NOT NULL, 
	level VARCHAR(8) NOT NULL, 
	jpeg BLOB NOT NULL, 
	CONSTRAINT pk_photos PRIMARY KEY (card_id), 
	CONSTRAINT ck_photos_level_known CHECK (level IN ('anyone', 'met', 'nobody')), 
	CONSTRAINT fk_photos_card_id_cards FOREIGN KEY(card_id) REFERENCES cards (id) ON DELETE CASCADE, 
	CONSTRAINT uq_photos_address UNIQUE (address)
);
INSERT INTO "photos" VALUES(1,'G1HdmEfAJqQOIIrLqZKrP-voJdUewjMP8y9r4CRdVQc','met',X'FFD8FFE000104A46494600010100000100010000FFDB0043000604040504040605050506060607090E0909080809120D0D0A0E1512161615121414171A211C17181F1914141D271D1F2223252525161C292C28242B21242524FFDB00430106060609080911090911241814182424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424242424FFC20011080200020003012200021101031101FFC4001500010100000000000000000000000000000005FFC400160101010100000000000000000000000000000607FFDA000C03010002100310000001BC33DA600000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000003FFC400141001000000000000000000000000000000C0FFDA00080101000105020007FFC400141101000000000000000000000000000000A0FFDA0008010301013F01001FFFC400141101000000000000000000000000000000A0FFDA0008010201013F01001FFFC400141001000000000000000000000000000000C0FFDA0008010100063F020007FFC400141001000000000000000000000000000000C0FFDA0008010100013F210007FFDA000C030100020003000000100C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C30C3FFC400141101000000000000000000000000000000A0FFDA0008010301013F10001FFFC400141101000000000000000000000000000000A0FFDA0008010201013F10001FFFC400141001000000000000000000000000000000C0FFDA0008010100013F100007FFD9');
CREATE TABLE picks (
	id INTEGER NOT NULL, 
	prompt_id INTEGER NOT NULL, 
	contact_id INTEGER NOT NULL, 
	position INTEGER NOT NULL, 
	promise VARCHAR(16) NOT NULL, 
	step VARCHAR(16) NOT NULL, 
	went_at DATETIME, 
	done_at DATETIME, 
	CONSTRAINT pk_picks PRIMARY KEY (id), 
	CONSTRAINT ck_picks_promise_known CHECK (promise IN ('', 'kept', 'will_do', 'not_needed')), 
	CONSTRAINT ck_picks_step_known CHECK (step IN ('', 'mail', 'sms', 'whatsapp', 'linkedin', 'copy', 'they_wrote', 'ask', 'nothing')), 
	CONSTRAINT fk_picks_contact_id_contacts FOREIGN KEY(contact_id) REFERENCES contacts (id) ON DELETE CASCADE, 
	CONSTRAINT fk_picks_prompt_id_prompts FOREIGN KEY(prompt_id) REFERENCES prompts (id) ON DELETE CASCADE, 
	CONSTRAINT uq_picks_prompt_id_contact_id UNIQUE (prompt_id, contact_id)
);
CREATE TABLE prompts (
	id INTEGER NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	subject VARCHAR(40) NOT NULL, 
	person_id INTEGER NOT NULL, 
	event_id INTEGER, 
	one_to_one_id INTEGER, 
	due_day DATE NOT NULL, 
	due_time TIME NOT NULL, 
	due_zone VARCHAR(64) NOT NULL, 
	due_at DATETIME NOT NULL, 
	state VARCHAR(8) NOT NULL, 
	round INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	ended_at DATETIME, 
	CONSTRAINT pk_prompts PRIMARY KEY (id), 
	CONSTRAINT ck_prompts_ended_when_not_open CHECK ((state = 'open') = (ended_at IS NULL)), 
	CONSTRAINT ck_prompts_kind_known CHECK (kind IN ('follow_up', 'one_to_one', 'invitation', 'agreement')), 
	CONSTRAINT ck_prompts_state_known CHECK (state IN ('open', 'done', 'closed')), 
	CONSTRAINT ck_prompts_about_one_thing CHECK ((event_id IS NULL) <> (one_to_one_id IS NULL)), 
	CONSTRAINT ck_prompts_round_counts CHECK (round >= 1), 
	CONSTRAINT fk_prompts_event_id_events FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
	CONSTRAINT fk_prompts_one_to_one_id_one_to_ones FOREIGN KEY(one_to_one_id) REFERENCES one_to_ones (id) ON DELETE CASCADE, 
	CONSTRAINT fk_prompts_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT uq_prompts_kind_subject_person_id UNIQUE (kind, subject, person_id)
);
INSERT INTO "prompts" VALUES(1,'invitation','one_to_one:1:0',2,NULL,1,'2026-11-24','08:00:00.000000','Europe/London','2026-11-24 08:00:00.000000','done',1,'2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000');
INSERT INTO "prompts" VALUES(2,'agreement','one_to_one:1:0',1,NULL,1,'2026-11-24','08:00:00.000000','Europe/London','2026-11-24 08:00:00.000000','open',1,'2026-11-24 07:30:00.000000',NULL);
INSERT INTO "prompts" VALUES(3,'agreement','one_to_one:1:0',2,NULL,1,'2026-11-24','08:00:00.000000','Europe/London','2026-11-24 08:00:00.000000','open',1,'2026-11-24 07:30:00.000000',NULL);
INSERT INTO "prompts" VALUES(4,'follow_up','event:1',1,1,NULL,'2026-11-24','08:30:00.000000','Europe/London','2026-11-24 07:30:00.000000','open',1,'2026-11-24 07:30:00.000000',NULL);
CREATE TABLE roster_drafts (
	id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	by_id INTEGER, 
	filename VARCHAR(200) NOT NULL, 
	data BLOB NOT NULL, 
	choices JSON NOT NULL, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_roster_drafts PRIMARY KEY (id), 
	CONSTRAINT fk_roster_drafts_by_id_people FOREIGN KEY(by_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT fk_roster_drafts_event_id_events FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE
);
INSERT INTO "roster_drafts" VALUES(1,1,3,'list.csv',X'4E616D652C452D6D61696C0A47617265746820426576616E2C676172657468406578616D706C652E6F72670A','{"headings": null, "columns": {"name": 0, "email": 1}, "keep": [], "turn": [], "turn_all": false, "answers": {}}','2026-11-24 07:30:00.000000');
CREATE TABLE roster_entries (
	id INTEGER NOT NULL, 
	event_id INTEGER NOT NULL, 
	attendance_id INTEGER NOT NULL, 
	layout VARCHAR(32) NOT NULL, 
	external_id VARCHAR(120) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	comparable_name VARCHAR(240) NOT NULL, 
	known_as JSON NOT NULL, 
	email VARCHAR(254) NOT NULL, 
	phone VARCHAR(32) NOT NULL, 
	phone_typed VARCHAR(64) NOT NULL, 
	company VARCHAR(200) NOT NULL, 
	what_i_do VARCHAR(200) NOT NULL, 
	ticket VARCHAR(200) NOT NULL, 
	flags JSON NOT NULL, 
	guests INTEGER NOT NULL, 
	kept JSON NOT NULL, 
	claimed_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_roster_entries PRIMARY KEY (id), 
	CONSTRAINT ck_roster_entries_guests_count CHECK (guests >= 0), 
	CONSTRAINT fk_roster_entries_attendance_id_attendance FOREIGN KEY(attendance_id) REFERENCES attendance (id) ON DELETE CASCADE, 
	CONSTRAINT fk_roster_entries_event_id_events FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
	CONSTRAINT uq_roster_entries_attendance_id UNIQUE (attendance_id)
);
CREATE TABLE sessions (
	id INTEGER NOT NULL, 
	token_hash BLOB NOT NULL, 
	person_id INTEGER NOT NULL, 
	device VARCHAR(120) NOT NULL, 
	created_at DATETIME NOT NULL, 
	last_seen_at DATETIME NOT NULL, 
	CONSTRAINT pk_sessions PRIMARY KEY (id), 
	CONSTRAINT fk_sessions_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE, 
	CONSTRAINT uq_sessions_token_hash UNIQUE (token_hash)
);
INSERT INTO "sessions" VALUES(1,X'0E817A4D16DC8528BCFEAD2D6E53210641F577D7C2A314F173095C956E379E43',1,'Ada''s phone','2026-11-24 07:30:00.000000','2026-11-24 07:30:00.000000');
CREATE TABLE sign_in_codes (
	id INTEGER NOT NULL, 
	salt VARCHAR(43) NOT NULL, 
	key_id VARCHAR(16) NOT NULL, 
	email VARCHAR(254), 
	person_id INTEGER, 
	nonce_hash BLOB, 
	by_operator BOOLEAN NOT NULL, 
	tries INTEGER NOT NULL, 
	created_at DATETIME NOT NULL, 
	used_at DATETIME, 
	CONSTRAINT pk_sign_in_codes PRIMARY KEY (id), 
	CONSTRAINT ck_sign_in_codes_for_someone CHECK (email IS NOT NULL OR person_id IS NOT NULL), 
	CONSTRAINT ck_sign_in_codes_few_tries CHECK (tries BETWEEN 0 AND 5), 
	CONSTRAINT fk_sign_in_codes_person_id_people FOREIGN KEY(person_id) REFERENCES people (id) ON DELETE CASCADE
);
CREATE INDEX ix_contacts_other_id ON contacts (other_id);
CREATE INDEX ix_events_closes_at ON events (closes_at);
CREATE INDEX ix_events_group_id ON events (group_id);
CREATE INDEX ix_events_starts_at ON events (starts_at);
CREATE INDEX ix_memberships_person_id ON memberships (person_id);
CREATE INDEX ix_one_to_ones_other_id ON one_to_ones (other_id);
CREATE UNIQUE INDEX uq_one_to_ones_open ON one_to_ones (proposer_id, other_id) WHERE state = 'proposed';
CREATE INDEX ix_sessions_person_id ON sessions (person_id);
CREATE INDEX ix_sign_in_codes_email ON sign_in_codes (email);
CREATE INDEX ix_sign_in_codes_nonce_hash ON sign_in_codes (nonce_hash);
CREATE INDEX ix_sign_in_codes_person_id ON sign_in_codes (person_id);
CREATE INDEX ix_attendance_event_id_state ON attendance (event_id, state);
CREATE INDEX ix_attendance_person_id ON attendance (person_id);
CREATE UNIQUE INDEX uq_card_tokens_live ON card_tokens (card_id) WHERE withdrawn_at IS NULL;
CREATE INDEX ix_encounters_high_id ON encounters (high_id);
CREATE INDEX ix_encounters_low_id_high_id ON encounters (low_id, high_id);
CREATE UNIQUE INDEX uq_encounters_day ON encounters (local_day, low_id, high_id) WHERE event_id IS NULL;
CREATE UNIQUE INDEX uq_encounters_event ON encounters (event_id, low_id, high_id) WHERE event_id IS NOT NULL;
CREATE INDEX ix_prompts_event_id ON prompts (event_id);
CREATE INDEX ix_prompts_one_to_one_id ON prompts (one_to_one_id);
CREATE INDEX ix_prompts_person_id_state_due_at ON prompts (person_id, state, due_at);
CREATE INDEX ix_prompts_state_due_at ON prompts (state, due_at);
CREATE INDEX ix_roster_drafts_event_id ON roster_drafts (event_id);
CREATE INDEX ix_attendance_changes_attendance_id ON attendance_changes (attendance_id);
CREATE INDEX ix_deliveries_state_next_try_at ON deliveries (state, next_try_at);
CREATE INDEX ix_notes_encounter_id ON notes (encounter_id);
CREATE INDEX ix_observations_encounter_id_observer_id ON observations (encounter_id, observer_id);
CREATE INDEX ix_observations_observed_id ON observations (observed_id);
CREATE INDEX ix_passed_over_contact_id ON passed_over (contact_id);
CREATE INDEX ix_picks_contact_id ON picks (contact_id);
CREATE INDEX ix_roster_entries_name ON roster_entries (event_id, comparable_name);
CREATE UNIQUE INDEX uq_roster_entries_external ON roster_entries (event_id, layout, external_id) WHERE external_id <> '';
COMMIT;
