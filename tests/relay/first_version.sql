-- A database of the first version, in which Ada and Grace talk: two messages wait for Teams.
BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE chats (
	id TEXT NOT NULL,
	thread_id INTEGER NOT NULL,
	state TEXT NOT NULL,
	relayed INTEGER DEFAULT '0' NOT NULL,
	created_at BIGINT NOT NULL,
	changed_at BIGINT NOT NULL,
	detail TEXT NOT NULL,
	CONSTRAINT pk_chats PRIMARY KEY (id),
	CONSTRAINT fk_chats_thread_id FOREIGN KEY(thread_id) REFERENCES threads (id)
);
INSERT INTO "chats" VALUES('caeW_uajEVNSXX9MbwATBQ',1,'open',0,1795257727123000,1795257727123000,'{"id":"caeW_uajEVNSXX9MbwATBQ","thread":1,"ticket":{"ref":{"instance":"rt","number":12345},"asked":{"instance":"rt","number":12345},"subject":"Cannot print from the lab in AT 5.05","queue":"Support","status":"open","requestors":[{"login":"s1234567","name":"Ada Lovelace","address":"ada@help.test"}],"ccs":[],"owner":"","created":"2026-11-19T10:42:07.123000Z","url":"https://rt.test/Ticket/Display.html?id=12345"},"started_by":{"role":"operator","id":"00000000-0000-0000-0000-00000000000a","name":"Grace Hopper"},"created":"2026-11-21T10:42:07.123000Z","state":"open","head":4,"size":44,"operators":[{"role":"operator","id":"00000000-0000-0000-0000-00000000000a","name":"Grace Hopper"}],"visitor":{"role":"visitor","id":"caeW_uajEVNSXX9MbwATBQ:1","name":"Ada Lovelace"},"presence":"open","presence_since":"2026-11-21T10:42:07.123000Z","invitation":{"number":1,"route":"copy","name":"Ada Lovelace","address":"ada@help.test","expires":"2026-11-24T10:42:07.123000Z","fate":"used","sent":false,"problem":""},"ended_by":null,"ended":null,"filing":null,"card":"card-1","spoken":2,"filings":0}');
CREATE TABLE inbound (
	conversation_id TEXT NOT NULL,
	activity_id TEXT NOT NULL,
	at BIGINT NOT NULL,
	CONSTRAINT pk_inbound PRIMARY KEY (conversation_id, activity_id)
);
INSERT INTO "inbound" VALUES('19:chat@thread.tacv2;messageid=1700000000000','activity-1',1795257727123000);
INSERT INTO "inbound" VALUES('19:chat@thread.tacv2;messageid=1700000000000','activity-2',1795257727123000);
CREATE TABLE invitations (
	digest TEXT NOT NULL,
	chat_id TEXT NOT NULL,
	number INTEGER NOT NULL,
	expires_at BIGINT NOT NULL,
	used_by TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_invitations PRIMARY KEY (digest),
	CONSTRAINT fk_invitations_chat_id FOREIGN KEY(chat_id) REFERENCES chats (id) ON DELETE CASCADE
);
INSERT INTO "invitations" VALUES('c7e882b89a32c63a56b8a96a0eddf7cba2e02a17c6de058f50d6357302db4fca','caeW_uajEVNSXX9MbwATBQ',1,1795516927123000,'78377b525757b494427f89014f97d79928f3938d14eb51e20fb5dec9834eb304');
CREATE TABLE messages (
	chat_id TEXT NOT NULL,
	seq INTEGER NOT NULL,
	role TEXT NOT NULL,
	author_id TEXT NOT NULL,
	author_name TEXT NOT NULL,
	kind TEXT NOT NULL,
	text TEXT NOT NULL,
	at BIGINT NOT NULL,
	"key" TEXT,
	target INTEGER,
	quote_author TEXT,
	quote_text TEXT,
	CONSTRAINT pk_messages PRIMARY KEY (chat_id, seq),
	CONSTRAINT fk_messages_chat_id FOREIGN KEY(chat_id) REFERENCES chats (id) ON DELETE CASCADE,
	CONSTRAINT uq_messages_chat_id_role_key UNIQUE (chat_id, role, "key")
);
INSERT INTO "messages" VALUES('caeW_uajEVNSXX9MbwATBQ',1,'visitor','caeW_uajEVNSXX9MbwATBQ:1','Ada Lovelace','notice','visitor_joined',1795257727123000,NULL,NULL,NULL,NULL);
INSERT INTO "messages" VALUES('caeW_uajEVNSXX9MbwATBQ',2,'visitor','caeW_uajEVNSXX9MbwATBQ:1','Ada Lovelace','said','It beeps.',1795257727123000,'k1',NULL,NULL,NULL);
INSERT INTO "messages" VALUES('caeW_uajEVNSXX9MbwATBQ',3,'operator','00000000-0000-0000-0000-00000000000a','Grace Hopper','said','Toner?',1795257727123000,'activity-2',NULL,NULL,NULL);
INSERT INTO "messages" VALUES('caeW_uajEVNSXX9MbwATBQ',4,'visitor','caeW_uajEVNSXX9MbwATBQ:1','Ada Lovelace','said','not relayed yet',1795257727123000,'k2',NULL,NULL,NULL);
CREATE TABLE outbox (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
	lane TEXT NOT NULL,
	stream TEXT NOT NULL,
	kind TEXT NOT NULL,
	payload TEXT NOT NULL,
	chat_id TEXT,
	created_at BIGINT NOT NULL,
	not_before BIGINT NOT NULL,
	attempt INTEGER DEFAULT '0' NOT NULL,
	first_claimed_at BIGINT,
	claimed_at BIGINT,
	owner TEXT,
	lease_until BIGINT,
	problem TEXT DEFAULT '' NOT NULL,
	CONSTRAINT fk_outbox_chat_id FOREIGN KEY(chat_id) REFERENCES chats (id) ON DELETE CASCADE
);
INSERT INTO "outbox" VALUES(6,'teams','chat:caeW_uajEVNSXX9MbwATBQ','relay','{"seq": 2}','caeW_uajEVNSXX9MbwATBQ',1795257727123000,1795257727123000,0,NULL,NULL,NULL,NULL,'');
INSERT INTO "outbox" VALUES(7,'teams','chat:caeW_uajEVNSXX9MbwATBQ','relay','{"seq": 4}','caeW_uajEVNSXX9MbwATBQ',1795257727123000,1795257727123000,0,NULL,NULL,NULL,NULL,'');
CREATE TABLE seats (
	id TEXT NOT NULL,
	chat_id TEXT NOT NULL,
	expires_at BIGINT NOT NULL,
	CONSTRAINT pk_seats PRIMARY KEY (id),
	CONSTRAINT fk_seats_chat_id FOREIGN KEY(chat_id) REFERENCES chats (id) ON DELETE CASCADE
);
INSERT INTO "seats" VALUES('a5df521081bb4b878c440aa53e739ea3c7d99b1de245d101edb7cfa540ec05bc','caeW_uajEVNSXX9MbwATBQ',1795344127123000);
CREATE TABLE threads (
	id INTEGER NOT NULL,
	conversation_id TEXT NOT NULL,
	tenant_id TEXT NOT NULL,
	service_url TEXT NOT NULL,
	service_url_seen_at BIGINT NOT NULL,
	scope TEXT NOT NULL,
	team_id TEXT NOT NULL,
	aad_group_id TEXT NOT NULL,
	channel_id TEXT NOT NULL,
	root_id TEXT NOT NULL,
	bot_id TEXT NOT NULL,
	listening TEXT NOT NULL,
	open BOOLEAN NOT NULL,
	last_error TEXT DEFAULT '' NOT NULL,
	CONSTRAINT pk_threads PRIMARY KEY (id),
	CONSTRAINT uq_threads_conversation_id UNIQUE (conversation_id)
);
INSERT INTO "threads" VALUES(1,'19:chat@thread.tacv2;messageid=1700000000000','tenant','https://smba.trafficmanager.net/uk/',1795257727123000,'channel','','','','','28:bot','thread',1,'');
CREATE INDEX ix_inbound_at ON inbound (at);
CREATE INDEX ix_chats_state_changed ON chats (state, changed_at);
CREATE INDEX ix_chats_thread_created ON chats (thread_id, created_at);
CREATE UNIQUE INDEX uq_chats_live_thread ON chats (thread_id) WHERE state IN ('invited', 'open');
CREATE INDEX ix_invitations_chat_id ON invitations (chat_id);
CREATE INDEX ix_outbox_lane_due ON outbox (lane, not_before);
CREATE INDEX ix_outbox_stream_id ON outbox (stream, id);
CREATE INDEX ix_seats_chat_id ON seats (chat_id);
INSERT INTO "sqlite_sequence" VALUES('outbox',7);
COMMIT;
