-- What can be different in the world of world.sql. Each comment is the line that has to show it, up to its value.

---- Schemas, and the database itself

-- schema shop: nspname
ALTER SCHEMA shop RENAME TO store;
-- schema shop: nspowner
ALTER SCHEMA shop OWNER TO alice;
-- schema shop: nspacl
REVOKE USAGE ON SCHEMA shop FROM bob;
-- schema shop: nspacl
GRANT USAGE ON SCHEMA shop TO bob WITH GRANT OPTION;
-- schema shop: description
COMMENT ON SCHEMA shop IS NULL;
-- schema public: nspowner
ALTER SCHEMA public OWNER TO alice;
-- schema public: nspacl
GRANT CREATE ON SCHEMA public TO bob;
-- schema public: description
COMMENT ON SCHEMA public IS 'x';
-- schema scratch: nspname
CREATE SCHEMA scratch;
-- default acl for role 
ALTER DEFAULT PRIVILEGES IN SCHEMA later GRANT INSERT ON TABLES TO bob;
-- default acl for role 
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
-- default acl for role alice in schema later on tables: defaclacl
ALTER DEFAULT PRIVILEGES FOR ROLE alice IN SCHEMA later GRANT SELECT ON TABLES TO bob;
-- this database: datdba
ALTER DATABASE {database} OWNER TO alice;
-- this database: datacl
REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC;
-- this database: datconnlimit
ALTER DATABASE {database} CONNECTION LIMIT 90;
-- this database: description
COMMENT ON DATABASE {database} IS 'a world';
-- settings in this database of -: setconfig
ALTER DATABASE {database} SET work_mem = '7MB';
-- settings in this database of bob: setconfig
ALTER ROLE bob IN DATABASE {database} RESET work_mem;
-- function pg_catalog.pg_sleep(double precision): proacl
REVOKE ALL ON FUNCTION pg_sleep FROM PUBLIC;
-- view pg_catalog.pg_tables: relacl
REVOKE SELECT ON pg_tables FROM PUBLIC;

---- Tables

-- table shop.orders: relname
ALTER TABLE shop.orders RENAME TO sales;
-- table shop.visits: relnamespace
ALTER TABLE shop.visits SET SCHEMA later;
-- table shop.orders: relowner
ALTER TABLE shop.orders OWNER TO alice;
-- table shop.orders: relacl
GRANT INSERT ON shop.orders TO bob;
-- table shop.orders: relacl
GRANT SELECT ON shop.orders TO bob WITH GRANT OPTION;
-- table shop.orders: relacl
GRANT SELECT ON shop.orders TO PUBLIC;
-- table shop.orders: relacl
REVOKE ALL ON shop.orders FROM CURRENT_USER;
-- table shop.customers: relacl
GRANT USAGE ON SCHEMA shop TO alice;
GRANT SELECT ON shop.customers TO alice WITH GRANT OPTION;
SET ROLE alice;
GRANT SELECT ON shop.customers TO bob;
RESET ROLE;
-- table shop.orders: description
COMMENT ON TABLE shop.orders IS 'something else';
-- table shop.orders: reloptions
ALTER TABLE shop.orders SET (fillfactor = 80);
-- table shop.orders: options of toast
ALTER TABLE shop.orders RESET (toast.autovacuum_enabled);
-- table shop.orders: relrowsecurity
ALTER TABLE shop.orders DISABLE ROW LEVEL SECURITY;
-- table shop.orders: relforcerowsecurity
ALTER TABLE shop.orders FORCE ROW LEVEL SECURITY;
-- table shop.visits: relpersistence
ALTER TABLE shop.visits SET LOGGED;
-- table shop.orders: relreplident
ALTER TABLE shop.orders REPLICA IDENTITY FULL;
-- index shop.customers_pkey: indisreplident
ALTER TABLE shop.customers REPLICA IDENTITY USING INDEX customers_pkey;
-- table shop.visits: relam
ALTER TABLE shop.visits SET ACCESS METHOD second_heap;
-- table shop.addresses: reloftype
ALTER TABLE shop.addresses NOT OF;
-- table shop.events: reltablespace
UPDATE pg_class SET reltablespace = 1664 WHERE relname = 'events';
-- table shop.orders: relchecks
ALTER TABLE shop.orders DROP CONSTRAINT orders_unchecked;
-- table shop.children: inhparent
ALTER TABLE shop.children NO INHERIT shop.parents;
-- table shop.events_2020: inhparent
ALTER TABLE shop.events DETACH PARTITION shop.events_2020;
-- table shop.events_2020: relispartition
ALTER TABLE shop.events DETACH PARTITION shop.events_2020;
-- table shop.events_2020: bound
ALTER TABLE shop.events DETACH PARTITION shop.events_2020;
ALTER TABLE shop.events ATTACH PARTITION shop.events_2020 DEFAULT;
-- table shop.events: partdefid
CREATE TABLE shop.others PARTITION OF shop.events DEFAULT;
-- table shop.events: definition
DROP TABLE shop.events;
CREATE TABLE shop.events (at date NOT NULL, what text) PARTITION BY LIST (at);
-- table shop.orders: label
INSERT INTO pg_seclabel VALUES ('shop.orders'::regclass, 'pg_class'::regclass, 0, 'provider', 'secret');
-- shop.customers: row
UPDATE shop.customers SET email = 'c@example.com' WHERE id = 1;
-- shop.customers: row
INSERT INTO shop.customers VALUES (3, 'c@example.com');
-- shop.customers: row
DELETE FROM shop.customers WHERE id = 2;
-- table public.lost: relname
CREATE TABLE public.lost ();

---- Columns

-- table column shop.orders.note: attname
ALTER TABLE shop.orders RENAME note TO notes;
-- table column shop.visits.more: atttypid
ALTER TABLE shop.visits ADD more integer;
-- table column shop.visits.at: atttypid
ALTER TABLE shop.visits ALTER at TYPE timestamp;
-- table column shop.customers.email: type
ALTER TABLE shop.customers ALTER email TYPE varchar(60);
-- table column shop.addresses.no: attnotnull
ALTER TABLE shop.addresses ALTER "no" SET NOT NULL;
-- default value for shop.orders.state: default
ALTER TABLE shop.orders ALTER state SET DEFAULT 'paid';
-- table column shop.orders.state: atthasdef
ALTER TABLE shop.orders ALTER state DROP DEFAULT;
-- table column shop.orders.id: attidentity
ALTER TABLE shop.orders ALTER id SET GENERATED ALWAYS;
-- table column shop.orders.id: attidentity
ALTER TABLE shop.orders ALTER id DROP IDENTITY;
-- table column shop.orders.gross: attgenerated
ALTER TABLE shop.orders ALTER gross DROP EXPRESSION;
-- default value for shop.orders.gross: default
ALTER TABLE shop.orders DROP gross, ADD gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.3) STORED;
-- table column shop.orders.tags: attndims
ALTER TABLE shop.orders ALTER tags TYPE integer[][];
-- table column shop.customers.email: attcollation
ALTER TABLE shop.customers ALTER email TYPE varchar(50);
-- table column shop.orders.note: attstorage
ALTER TABLE shop.orders ALTER note SET STORAGE EXTERNAL;
-- table column shop.orders.note: attcompression
ALTER TABLE shop.orders ALTER note SET COMPRESSION pglz;
-- table column shop.orders.net: attstattarget
ALTER TABLE shop.orders ALTER net SET STATISTICS 60;
-- table column shop.orders.net: attoptions
ALTER TABLE shop.orders ALTER net SET (n_distinct = 8);
-- table column shop.orders.note: attacl
REVOKE UPDATE (note) ON shop.orders FROM bob;
-- table column shop.orders.net: attacl
GRANT SELECT (net) ON shop.orders TO bob;
-- table column shop.orders.net: description
COMMENT ON COLUMN shop.orders.net IS NULL;
-- table column shop.orders.gross: position
ALTER TABLE shop.orders DROP gross, ADD gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.2) STORED;
-- table column shop.children.id: attislocal
ALTER TABLE shop.children NO INHERIT shop.parents;
-- table column shop.children.id: attinhcount
ALTER TABLE shop.children NO INHERIT shop.parents;
-- table column "Odd: ""Names"" 100%"."t: 1%"."c: 2%": atttypid
ALTER TABLE "Odd: ""Names"" 100%"."t: 1%" ALTER "c: 2%" TYPE text;

---- Constraints

-- table constraint orders_net on shop.orders: conname
ALTER TABLE shop.orders RENAME CONSTRAINT orders_net TO net;
-- table constraint orders_net on shop.orders: definition
ALTER TABLE shop.orders DROP CONSTRAINT orders_net, ADD CONSTRAINT orders_net CHECK (net > 2);
-- table constraint orders_unchecked on shop.orders: convalidated
ALTER TABLE shop.orders VALIDATE CONSTRAINT orders_unchecked;
-- table constraint orders_net on shop.orders: description
COMMENT ON CONSTRAINT orders_net ON shop.orders IS 'x';
-- table constraint orders_customer on shop.orders: condeferrable
ALTER TABLE shop.orders ALTER CONSTRAINT orders_customer DEFERRABLE;
-- table constraint orders_customer on shop.orders: condeferred
ALTER TABLE shop.orders ALTER CONSTRAINT orders_customer DEFERRABLE INITIALLY DEFERRED;
-- table constraint orders_customer on shop.orders: confdeltype
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id);
-- table constraint orders_customer on shop.orders: confupdtype
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) ON
    DELETE CASCADE ON UPDATE CASCADE;
-- table constraint orders_customer on shop.orders: confmatchtype
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (id) MATCH
    FULL ON DELETE CASCADE;
-- table constraint orders_customer on shop.orders: confkey
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
ALTER TABLE shop.customers ADD other integer UNIQUE;
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES shop.customers (other) ON
    DELETE CASCADE NOT VALID;
-- table constraint parents_id on shop.parents: connoinherit
ALTER TABLE shop.parents DROP CONSTRAINT parents_id, ADD CONSTRAINT parents_id CHECK (id > 0) NO INHERIT;
-- table constraint orders_customer on shop.orders: confrelid
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
CREATE TABLE later.customers (id integer PRIMARY KEY);
ALTER TABLE shop.orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES later.customers (id) ON
    DELETE CASCADE NOT VALID;
-- table constraint orders_during on shop.orders: conexclop
ALTER TABLE shop.orders DROP CONSTRAINT orders_during, ADD CONSTRAINT orders_during EXCLUDE USING gist (during WITH
    -|-);
-- index shop.customers_email: indimmediate
ALTER TABLE shop.customers DROP CONSTRAINT customers_email, ADD CONSTRAINT customers_email UNIQUE (email) NOT
    DEFERRABLE;
-- table constraint orders_during on shop.orders: conname
ALTER TABLE shop.orders DROP CONSTRAINT orders_during;
-- table constraint customers_email on shop.customers: conkey
ALTER TABLE shop.customers DROP CONSTRAINT customers_email, ADD CONSTRAINT customers_email UNIQUE (email, id)
    DEFERRABLE INITIALLY DEFERRED;
-- table constraint parents_id on shop.children: conislocal
ALTER TABLE shop.children NO INHERIT shop.parents;
-- table constraint parents_id on shop.children: coninhcount
ALTER TABLE shop.children NO INHERIT shop.parents;

---- Indexes and statistics

-- index shop.orders_note: relname
ALTER INDEX shop.orders_note RENAME TO orders_by_note;
-- index shop.orders_note: definition
DROP INDEX shop.orders_note;
CREATE INDEX orders_note ON shop.orders (note);
-- index shop.orders_note: description
COMMENT ON INDEX shop.orders_note IS NULL;
-- index shop.orders_tags: reloptions
ALTER INDEX shop.orders_tags SET (fillfactor = 70);
-- index shop.orders_tags: indisclustered
ALTER TABLE shop.orders CLUSTER ON orders_tags;
-- index shop.orders_tags: indisvalid
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'shop.orders_tags'::regclass;
-- index shop.orders_tags: indisready
UPDATE pg_index SET indisready = false WHERE indexrelid = 'shop.orders_tags'::regclass;
-- index shop.orders_tags: indislive
UPDATE pg_index SET indislive = false WHERE indexrelid = 'shop.orders_tags'::regclass;
-- index shop.customers_pkey: indisprimary
ALTER TABLE shop.orders DROP CONSTRAINT orders_customer;
ALTER TABLE shop.customers DROP CONSTRAINT customers_pkey;
ALTER TABLE shop.customers ADD CONSTRAINT customers_pkey UNIQUE (id);
-- index shop.orders_tags: indisunique
DROP INDEX shop.orders_tags;
CREATE INDEX orders_tags ON shop.orders (tags) INCLUDE (note) WITH (fillfactor = 80);
-- index shop.orders_tags: indnkeyatts
DROP INDEX shop.orders_tags;
CREATE UNIQUE INDEX orders_tags ON shop.orders (tags, note) WITH (fillfactor = 80);
-- index shop.orders_tags: indnullsnotdistinct
DROP INDEX shop.orders_tags;
CREATE UNIQUE INDEX orders_tags ON shop.orders (tags) INCLUDE (note) NULLS NOT DISTINCT WITH (fillfactor = 80);
-- index shop.orders_note: indoption
DROP INDEX shop.orders_note;
CREATE INDEX orders_note ON shop.orders (net);
-- index column shop.orders_note.lower: attstattarget
ALTER INDEX shop.orders_note ALTER COLUMN 1 SET STATISTICS 9;
-- statistics object shop.orders_statistics: definition
ALTER TABLE shop.orders RENAME state TO condition;
-- statistics object shop.orders_statistics: stxkind
DROP STATISTICS shop.orders_statistics;
CREATE STATISTICS shop.orders_statistics (mcv) ON state, net FROM shop.orders;
-- statistics object shop.orders_statistics: stxstattarget
ALTER STATISTICS shop.orders_statistics SET STATISTICS 9;
-- statistics object shop.orders_statistics: stxowner
ALTER STATISTICS shop.orders_statistics OWNER TO alice;
-- statistics object shop.orders_statistics: description
COMMENT ON STATISTICS shop.orders_statistics IS 'x';

---- Sequences

-- sequence shop.numbers: seqstart
ALTER SEQUENCE shop.numbers START 6;
-- sequence shop.numbers: seqincrement
ALTER SEQUENCE shop.numbers INCREMENT 2;
-- sequence shop.numbers: seqmin
ALTER SEQUENCE shop.numbers MINVALUE 2;
-- sequence shop.numbers: seqmax
ALTER SEQUENCE shop.numbers MAXVALUE 99;
-- sequence shop.numbers: seqcache
ALTER SEQUENCE shop.numbers CACHE 3;
-- sequence shop.numbers: seqcycle
ALTER SEQUENCE shop.numbers CYCLE;
-- sequence shop.numbers: seqtypid
ALTER SEQUENCE shop.numbers AS integer;
-- sequence shop.numbers: belongs to
ALTER SEQUENCE shop.numbers OWNED BY NONE;
-- sequence shop.numbers: relowner
ALTER SEQUENCE shop.numbers OWNED BY NONE;
ALTER SEQUENCE shop.numbers OWNER TO alice;
-- sequence shop.numbers: relacl
REVOKE USAGE ON SEQUENCE shop.numbers FROM bob;
-- sequence shop.numbers: description
COMMENT ON SEQUENCE shop.numbers IS NULL;
-- shop.numbers: row
ALTER SEQUENCE shop.numbers RESTART 9;
-- sequence shop.orders_id_seq: seqincrement
ALTER TABLE shop.orders ALTER id SET INCREMENT 5;

---- Views, materialized views and rules

-- view shop.open_orders: relname
ALTER VIEW shop.open_orders RENAME TO opened;
-- view shop.open_orders: relowner
ALTER VIEW shop.open_orders OWNER TO alice;
-- view shop.open_orders: relacl
REVOKE SELECT ON shop.open_orders FROM bob;
-- view shop.open_orders: reloptions
ALTER VIEW shop.open_orders RESET (security_invoker);
-- view shop.open_orders: reloptions
ALTER VIEW shop.open_orders SET (security_barrier = false);
-- view shop.open_orders: reloptions
ALTER VIEW shop.open_orders SET (check_option = cascaded);
-- view shop.open_orders: description
COMMENT ON VIEW shop.open_orders IS NULL;
-- view column shop.open_orders.net: description
COMMENT ON COLUMN shop.open_orders.net IS NULL;
-- view column shop.open_orders.net: attacl
GRANT SELECT (net) ON shop.open_orders TO alice;
-- view column shop.open_orders.at: attname
ALTER VIEW shop.open_orders RENAME at TO since;
-- default value for shop.open_orders.net: default
ALTER VIEW shop.open_orders ALTER net SET DEFAULT 4;
-- rule "_RETURN" on shop.open_orders: definition
CREATE OR REPLACE VIEW shop.open_orders (id, net, at) WITH (security_barrier = true, security_invoker = true,
    check_option = local) AS SELECT id, net, customer_id FROM shop.orders WHERE state = 'paid';
-- materialized view shop.totals: relispopulated
REFRESH MATERIALIZED VIEW shop.totals WITH NO DATA;
-- materialized view shop.totals: relowner
ALTER MATERIALIZED VIEW shop.totals OWNER TO alice;
-- materialized view shop.totals: relacl
REVOKE SELECT ON shop.totals FROM bob;
-- materialized view shop.totals: reloptions
ALTER MATERIALIZED VIEW shop.totals RESET (fillfactor);
-- materialized view shop.totals: description
COMMENT ON MATERIALIZED VIEW shop.totals IS NULL;
-- materialized view column shop.totals.total: description
COMMENT ON COLUMN shop.totals.total IS NULL;
-- materialized view column shop.totals.total: attstattarget
ALTER MATERIALIZED VIEW shop.totals ALTER total SET STATISTICS 9;
-- index shop.totals_customer: definition
DROP INDEX shop.totals_customer;
-- index shop.totals_customer: indisclustered
ALTER MATERIALIZED VIEW shop.totals CLUSTER ON totals_customer;
-- rule "_RETURN" on shop.totals: definition
ALTER TABLE shop.orders RENAME net TO net_sum;
-- shop.totals: row
UPDATE shop.orders SET net = 11 WHERE id = 1;
REFRESH MATERIALIZED VIEW shop.totals;
-- rule no_delete on shop.visits: definition
CREATE OR REPLACE RULE no_delete AS ON DELETE TO shop.visits DO INSTEAD SELECT 1;
-- rule no_delete on shop.visits: is_instead
CREATE OR REPLACE RULE no_delete AS ON DELETE TO shop.visits DO ALSO NOTHING;
-- rule no_delete on shop.visits: ev_type
CREATE OR REPLACE RULE no_delete AS ON UPDATE TO shop.visits DO INSTEAD NOTHING;
-- rule no_delete on shop.visits: ev_enabled
ALTER TABLE shop.visits DISABLE RULE no_delete;
-- rule no_delete on shop.visits: description
COMMENT ON RULE no_delete ON shop.visits IS NULL;

---- Functions, procedures and aggregates

-- function shop.plus(integer,integer): proname
ALTER FUNCTION shop.add(integer, integer) RENAME TO plus;
-- function later.twice(integer): pronamespace
ALTER FUNCTION shop.twice SET SCHEMA later;
-- function shop.add(integer,integer): prosrc
CREATE OR REPLACE FUNCTION shop.add(a integer, b integer DEFAULT 1) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT
    b + a';
-- function shop.add(integer,integer): definition
CREATE OR REPLACE FUNCTION shop.add(a integer, b integer DEFAULT 1) RETURNS integer IMMUTABLE LANGUAGE sql AS 'SELECT
    b + a';
-- function shop.add(integer,integer): definition
CREATE OR REPLACE FUNCTION shop.add(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT
    a + b';
-- function shop.add(integer,integer): provolatile
ALTER FUNCTION shop.add(integer, integer) STABLE;
-- function shop.add(integer,integer): proisstrict
ALTER FUNCTION shop.add(integer, integer) STRICT;
-- function shop.add(integer,integer): proleakproof
ALTER FUNCTION shop.add(integer, integer) LEAKPROOF;
-- function shop.add(integer,integer): prosecdef
ALTER FUNCTION shop.add(integer, integer) SECURITY DEFINER;
-- function shop.add(integer,integer): proparallel
ALTER FUNCTION shop.add(integer, integer) PARALLEL SAFE;
-- function shop.add(integer,integer): procost
ALTER FUNCTION shop.add(integer, integer) COST 7;
-- function shop.all_of(integer[]): prorows
ALTER FUNCTION shop.all_of ROWS 8;
-- function shop.add(integer,integer): prosupport
ALTER FUNCTION shop.add(integer, integer) SUPPORT generate_series_int4_support;
-- function shop.add(integer,integer): proconfig
ALTER FUNCTION shop.add(integer, integer) SET search_path = shop;
-- function shop.add(pg_catalog.text,pg_catalog.text): proconfig
ALTER FUNCTION shop.add(text, text) SET work_mem = '3MB';
-- function shop.add(integer,integer): proacl
REVOKE EXECUTE ON FUNCTION shop.add(integer, integer) FROM bob;
-- function shop.add(integer,integer): proacl
REVOKE EXECUTE ON FUNCTION shop.add(integer, integer) FROM PUBLIC;
-- function shop.add(integer,integer): proowner
ALTER FUNCTION shop.add(integer, integer) OWNER TO alice;
-- function shop.add(integer,integer): description
COMMENT ON FUNCTION shop.add(integer, integer) IS NULL;
-- function shop.add(integer,integer): prolang
CREATE OR REPLACE FUNCTION shop.add(a integer, b integer DEFAULT 1) RETURNS integer IMMUTABLE LANGUAGE plpgsql AS
    'BEGIN RETURN a + b; END';
-- function shop.twice(integer): definition
CREATE OR REPLACE FUNCTION shop.twice(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a * 2;
-- function shop.add(pg_catalog.text,pg_catalog.text): proargnames
DROP FUNCTION shop.add(text, text);
CREATE FUNCTION shop.add(a text, c text) RETURNS text LANGUAGE sql SET work_mem = '4MB' AS 'SELECT a || c';
-- function shop.add(pg_catalog.text,pg_catalog.text): prorettype
DROP FUNCTION shop.add(text, text);
CREATE FUNCTION shop.add(a text, b text) RETURNS varchar LANGUAGE sql SET work_mem = '4MB' AS 'SELECT a || b';
-- function shop.all_of(integer[]): proretset
DROP FUNCTION shop.all_of;
CREATE FUNCTION shop.all_of(VARIADIC numbers integer[], OUT one integer) LANGUAGE sql AS 'SELECT numbers[1]';
-- function shop.all_of(integer[]): provariadic
DROP FUNCTION shop.all_of;
CREATE FUNCTION shop.all_of(numbers integer[], OUT one integer) LANGUAGE sql AS 'SELECT numbers[1]';
-- function shop.all_of(integer[]): proargmodes
DROP FUNCTION shop.all_of;
CREATE FUNCTION shop.all_of(numbers integer[]) RETURNS integer LANGUAGE sql AS 'SELECT numbers[1]';
-- function shop.add(pg_catalog.text,pg_catalog.text): pronargdefaults
CREATE OR REPLACE FUNCTION shop.add(a text, b text DEFAULT '') RETURNS text LANGUAGE sql SET work_mem = '4MB' AS
    'SELECT a || b';
-- function shop.add(numeric,numeric): proname
CREATE FUNCTION shop.add(numeric, numeric) RETURNS numeric RETURN $1;
-- procedure shop.clear(): prosrc
CREATE OR REPLACE PROCEDURE shop.clear() LANGUAGE plpgsql AS 'BEGIN DELETE FROM shop.orders; END';
-- procedure shop.clear(): prosecdef
ALTER PROCEDURE shop.clear() SECURITY DEFINER;
-- procedure shop.clear(): description
COMMENT ON PROCEDURE shop.clear() IS NULL;
-- function shop.clear(): prokind
DROP PROCEDURE shop.clear;
CREATE FUNCTION shop.clear() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
-- aggregate shop.product(integer): aggtransfn
CREATE OR REPLACE AGGREGATE shop.product(integer) (sfunc = int4pl, stype = integer, initcond = '1');
-- aggregate shop.product(integer): agginitval
CREATE OR REPLACE AGGREGATE shop.product(integer) (sfunc = int4mul, stype = integer, initcond = '2');
-- aggregate shop.product(integer): proparallel
CREATE OR REPLACE AGGREGATE shop.product(integer) (sfunc = int4mul, stype = integer, initcond = '1', parallel = safe);
-- aggregate shop.product(integer): aggcombinefn
CREATE OR REPLACE AGGREGATE shop.product(integer) (sfunc = int4mul, stype = integer, initcond = '1', combinefunc =
    int4mul);
-- aggregate shop.product(integer): proowner
ALTER AGGREGATE shop.product(integer) OWNER TO alice;
-- aggregate shop.product(integer): description
COMMENT ON AGGREGATE shop.product(integer) IS NULL;

---- Triggers

-- trigger renamed on shop.orders: tgname
ALTER TRIGGER noted ON shop.orders RENAME TO renamed;
-- trigger noted on shop.orders: tgenabled
ALTER TABLE shop.orders DISABLE TRIGGER noted;
-- trigger noted on shop.orders: tgenabled
ALTER TABLE shop.orders ENABLE REPLICA TRIGGER noted;
-- trigger noted on shop.orders: tgenabled
ALTER TABLE shop.orders ENABLE ALWAYS TRIGGER noted;
-- internal trigger 
ALTER TABLE shop.customers DISABLE TRIGGER ALL;
-- trigger noted on shop.orders: description
COMMENT ON TRIGGER noted ON shop.orders IS NULL;
-- trigger noted on shop.orders: definition
CREATE OR REPLACE TRIGGER noted BEFORE UPDATE OF note, net ON shop.orders FOR EACH ROW WHEN (NEW.net > 2) EXECUTE
    FUNCTION shop.note('why: 5%');
-- trigger noted on shop.orders: tgargs
CREATE OR REPLACE TRIGGER noted BEFORE UPDATE OF note, net ON shop.orders FOR EACH ROW WHEN (NEW.net > 1) EXECUTE
    FUNCTION shop.note('why');
-- trigger noted on shop.orders: tgnargs
CREATE OR REPLACE TRIGGER noted BEFORE UPDATE OF note, net ON shop.orders FOR EACH ROW WHEN (NEW.net > 1) EXECUTE
    FUNCTION shop.note();
-- trigger noted on shop.orders: tgattr
CREATE OR REPLACE TRIGGER noted BEFORE UPDATE OF note ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note();
-- trigger noted on shop.orders: tgtype
CREATE OR REPLACE TRIGGER noted AFTER UPDATE OF note, net ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note();
-- trigger noted on shop.orders: tgfoid
CREATE FUNCTION later.note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE OR REPLACE TRIGGER noted BEFORE UPDATE OF note, net ON shop.orders FOR EACH ROW WHEN (NEW.net > 1) EXECUTE
    FUNCTION later.note('why: 5%');
-- trigger checked on shop.orders: tgdeferrable
DROP TRIGGER checked ON shop.orders;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note();
-- trigger checked on shop.orders: tginitdeferred
DROP TRIGGER checked ON shop.orders;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON shop.orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE
    FUNCTION shop.note();
-- trigger checked on shop.orders: tgconstrrelid
DROP TRIGGER checked ON shop.orders;
CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON shop.orders FROM shop.customers DEFERRABLE FOR EACH ROW EXECUTE
    FUNCTION shop.note();
-- trigger checked on shop.orders: tgconstraint
DROP TRIGGER checked ON shop.orders;
CREATE TRIGGER checked AFTER INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.note();
-- trigger written on shop.open_orders: definition
DROP TRIGGER written ON shop.open_orders;
-- trigger seen on shop.events: tgnewtable
DROP TRIGGER seen ON shop.events;
CREATE TRIGGER seen AFTER INSERT ON shop.events REFERENCING NEW TABLE AS others FOR EACH STATEMENT EXECUTE FUNCTION
    shop.note();
-- trigger seen on shop.events: tgoldtable
DROP TRIGGER seen ON shop.events;
CREATE TRIGGER seen AFTER DELETE ON shop.events REFERENCING OLD TABLE AS others FOR EACH STATEMENT EXECUTE FUNCTION
    shop.note();
-- trigger each_seen on shop.events_2020: tgenabled
ALTER TABLE shop.events_2020 DISABLE TRIGGER each_seen;
-- event trigger heard: evtname
ALTER EVENT TRIGGER told RENAME TO heard;
-- event trigger told: evtenabled
ALTER EVENT TRIGGER told DISABLE;
-- event trigger told: evtowner
UPDATE pg_event_trigger SET evtowner = 'bob'::regrole;
-- event trigger told: evttags
DROP EVENT TRIGGER told;
CREATE EVENT TRIGGER told ON sql_drop EXECUTE FUNCTION shop.told();
-- event trigger told: evtevent
DROP EVENT TRIGGER told;
CREATE EVENT TRIGGER told ON ddl_command_end EXECUTE FUNCTION shop.told();
-- event trigger told: evtfoid
CREATE FUNCTION later.told() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
DROP EVENT TRIGGER told;
CREATE EVENT TRIGGER told ON sql_drop EXECUTE FUNCTION later.told();
-- event trigger told: description
COMMENT ON EVENT TRIGGER told IS NULL;

---- Policies

-- policy mine on shop.orders: polname
ALTER POLICY own_orders ON shop.orders RENAME TO mine;
-- policy own_orders on shop.orders: polroles
ALTER POLICY own_orders ON shop.orders TO bob;
-- policy own_orders on shop.orders: polroles
ALTER POLICY own_orders ON shop.orders TO PUBLIC;
-- policy own_orders on shop.orders: polqual
ALTER POLICY own_orders ON shop.orders USING (net < 99);
-- policy own_orders on shop.orders: polwithcheck
ALTER POLICY own_orders ON shop.orders WITH CHECK (net > 2);
-- policy own_orders on shop.orders: polcmd
DROP POLICY own_orders ON shop.orders;
CREATE POLICY own_orders ON shop.orders FOR ALL TO bob, alice USING (net < 100) WITH CHECK (net > 1);
-- policy own_orders on shop.orders: polpermissive
DROP POLICY own_orders ON shop.orders;
CREATE POLICY own_orders ON shop.orders AS RESTRICTIVE FOR UPDATE TO bob, alice USING (net < 100) WITH CHECK (net >
    1);
-- policy own_orders on shop.orders: description
COMMENT ON POLICY own_orders ON shop.orders IS NULL;

---- Types

-- type shop.state value 3: enumlabel
ALTER TYPE shop.state ADD VALUE 'lost';
-- type shop.state value 1: enumlabel
ALTER TYPE shop.state ADD VALUE 'draft' BEFORE 'open';
-- type shop.state value 2: enumlabel
ALTER TYPE shop.state RENAME VALUE 'paid' TO 'done';
-- type shop.condition: typname
ALTER TYPE shop.state RENAME TO condition;
-- type shop.state: typowner
ALTER TYPE shop.state OWNER TO alice;
-- type shop.state: typacl
REVOKE USAGE ON TYPE shop.state FROM PUBLIC;
-- type later.days: typnamespace
ALTER TYPE shop.days SET SCHEMA later;
-- type shop.state: description
COMMENT ON TYPE shop.state IS NULL;
-- composite type column shop.address.city: atttypid
ALTER TYPE shop.address ADD ATTRIBUTE city text CASCADE;
-- composite type column shop.address.street: atttypid
ALTER TYPE shop.address ALTER ATTRIBUTE street TYPE varchar CASCADE;
-- type shop.price: typnotnull
ALTER DOMAIN shop.price SET NOT NULL;
-- type shop.price: typdefault
ALTER DOMAIN shop.price SET DEFAULT 2;
-- domain constraint positive on shop.price: definition
ALTER DOMAIN shop.price DROP CONSTRAINT positive;
-- domain constraint large on shop.price: definition
ALTER DOMAIN shop.price ADD CONSTRAINT large CHECK (VALUE > 9);
-- domain constraint large on shop.price: convalidated
ALTER DOMAIN shop.price ADD CONSTRAINT large CHECK (VALUE > 9) NOT VALID;
-- type shop.price: base
DROP DOMAIN shop.price;
CREATE DOMAIN shop.price AS numeric(10, 3);
-- type shop.price: typbasetype
DROP DOMAIN shop.price;
CREATE DOMAIN shop.price AS text;
-- type shop.price: typcollation
DROP DOMAIN shop.price;
CREATE DOMAIN shop.price AS text COLLATE shop.plain;
-- type shop.price: typndims
DROP DOMAIN shop.price;
CREATE DOMAIN shop.price AS integer[];
-- type shop.price: description
COMMENT ON DOMAIN shop.price IS NULL;
-- domain constraint positive on shop.price: description
COMMENT ON CONSTRAINT positive ON DOMAIN shop.price IS NULL;
-- type shop.days: rngsubdiff
DROP TYPE shop.days;
CREATE TYPE shop.days AS RANGE (subtype = date);
-- type shop.days: rngsubtype
DROP TYPE shop.days;
CREATE TYPE shop.days AS RANGE (subtype = time);
-- type shop.days: rngmultitypid
DROP TYPE shop.days;
CREATE TYPE shop.days AS RANGE (subtype = date, multirange_type_name = many);
-- type shop.shell: typname
CREATE TYPE shop.shell;
-- collation shop.plain: collcollate
DROP COLLATION shop.plain CASCADE;
CREATE COLLATION shop.plain (locale = 'POSIX');
-- collation shop.plain: collowner
ALTER COLLATION shop.plain OWNER TO alice;

---- All the rest

-- extension plpgsql: extversion
UPDATE pg_extension SET extversion = '0.9';
-- extension plpgsql: extnamespace
UPDATE pg_extension SET extnamespace = 'shop'::regnamespace;
-- extension plpgsql: extowner
UPDATE pg_extension SET extowner = 'alice'::regrole;
-- extension plpgsql: description
COMMENT ON EXTENSION plpgsql IS NULL;
-- function shop.note(): belongs to
ALTER EXTENSION plpgsql ADD FUNCTION shop.note();
-- function shop.note(): deptype
ALTER FUNCTION shop.note() DEPENDS ON EXTENSION plpgsql;
-- publication news: pubinsert
ALTER PUBLICATION news SET (publish = 'update');
-- publication news: pubupdate
ALTER PUBLICATION news SET (publish = 'insert');
-- publication news: pubviaroot
ALTER PUBLICATION news SET (publish_via_partition_root = true);
-- publication news: pubowner
ALTER PUBLICATION news OWNER TO CURRENT_USER;
UPDATE pg_publication SET pubowner = 'bob'::regrole;
-- publication news: description
COMMENT ON PUBLICATION news IS NULL;
-- publication relation shop.customers in publication news: prattrs
ALTER PUBLICATION news SET TABLE shop.customers WHERE (id > 1);
-- publication relation shop.customers in publication news: prqual
ALTER PUBLICATION news SET TABLE shop.customers (id) WHERE (id > 2);
-- publication relation shop.visits in publication news: prrelid
ALTER TABLE shop.visits SET LOGGED;
ALTER PUBLICATION news ADD TABLE shop.visits;
-- publication namespace later in publication all_news: pnnspid
ALTER PUBLICATION all_news DROP TABLES IN SCHEMA later;
-- subscription theirs: subname
CREATE SUBSCRIPTION theirs CONNECTION '' PUBLICATION x WITH (connect = false);
-- operator shop.<+>(integer,integer): oprowner
ALTER OPERATOR shop.<+>(integer, integer) OWNER TO alice;
-- operator shop.<+>(integer,integer): oprcode
DROP OPERATOR shop.<+>(integer, integer);
CREATE OPERATOR shop.<+> (leftarg = integer, rightarg = integer, function = int4pl);
-- operator shop.<+>(integer,integer): oprcom
DROP OPERATOR shop.<+>(integer, integer);
CREATE OPERATOR shop.<+> (leftarg = integer, rightarg = integer, function = shop.add);
-- operator shop.<+>(integer,integer): description
COMMENT ON OPERATOR shop.<+>(integer, integer) IS NULL;
-- operator class shop.ordered USING btree: opcname
DROP OPERATOR CLASS shop.ordered USING btree;
-- operator family shop.ordering USING btree: opfowner
ALTER OPERATOR FAMILY shop.ordering USING btree OWNER TO alice;
-- function of access method function 2 (integer, integer) of shop.ordering USING btree: amproc
ALTER OPERATOR FAMILY shop.ordering USING btree ADD FUNCTION 2 (integer, integer) btint4sortsupport(internal);
-- operator of access method operator 1 (integer, bigint) of shop.ordering USING btree: amopopr
ALTER OPERATOR FAMILY shop.ordering USING btree ADD OPERATOR 1 < (integer, bigint);
-- cast (shop.address AS pg_catalog.text): castcontext
DROP CAST (shop.address AS text);
CREATE CAST (shop.address AS text) WITH FUNCTION shop.as_text(shop.address);
-- cast (shop.address AS pg_catalog.text): castfunc
DROP CAST (shop.address AS text);
CREATE CAST (shop.address AS text) WITH INOUT AS ASSIGNMENT;
-- cast (shop.address AS pg_catalog.text): description
COMMENT ON CAST (shop.address AS text) IS NULL;
-- conversion shop.conversion: conowner
ALTER CONVERSION shop.conversion OWNER TO alice;
-- conversion shop.conversion: condefault
DROP CONVERSION shop.conversion;
CREATE DEFAULT CONVERSION shop.conversion FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
-- access method second_heap: amname
DROP ACCESS METHOD second_heap;
-- language second_pl: lanowner
ALTER LANGUAGE second_pl OWNER TO alice;
-- language second_pl: lanpltrusted
CREATE OR REPLACE TRUSTED LANGUAGE second_pl HANDLER plpgsql_call_handler;
-- language second_pl: lanacl
CREATE OR REPLACE TRUSTED LANGUAGE second_pl HANDLER plpgsql_call_handler;
REVOKE USAGE ON LANGUAGE second_pl FROM PUBLIC;
-- transform for shop.address language second_pl: trffromsql
DROP TRANSFORM FOR shop.address LANGUAGE second_pl;
-- text search dictionary shop.words: dictinitoption
ALTER TEXT SEARCH DICTIONARY shop.words (accept = false);
-- text search dictionary shop.words: dictowner
ALTER TEXT SEARCH DICTIONARY shop.words OWNER TO alice;
-- text search configuration shop.search: cfgowner
ALTER TEXT SEARCH CONFIGURATION shop.search OWNER TO alice;
-- text search configuration shop.search: mapdict
ALTER TEXT SEARCH CONFIGURATION shop.search ADD MAPPING FOR asciiword WITH simple;
-- text search parser shop.parser: prsname
DROP TEXT SEARCH PARSER shop.parser;
-- text search template shop.template: tmplname
DROP TEXT SEARCH TEMPLATE shop.template;
-- foreign-data wrapper elsewhere: fdwoptions
ALTER FOREIGN DATA WRAPPER elsewhere OPTIONS (SET kind 'near');
-- foreign-data wrapper elsewhere: fdwacl
GRANT USAGE ON FOREIGN DATA WRAPPER elsewhere TO bob;
-- server far: srvoptions
ALTER SERVER far OPTIONS (SET host 'near.example.com');
-- foreign-data wrapper elsewhere: fdwhandler
UPDATE pg_foreign_data_wrapper SET fdwhandler = 'shop.note'::regproc;
-- foreign-data wrapper elsewhere: fdwowner
UPDATE pg_foreign_data_wrapper SET fdwowner = 'alice'::regrole;
-- server far: srvversion
ALTER SERVER far VERSION '2';
-- server far: srvowner
ALTER SERVER far OWNER TO CURRENT_USER;
UPDATE pg_foreign_server SET srvowner = 'alice'::regrole;
-- server far: srvacl
REVOKE USAGE ON FOREIGN SERVER far FROM bob;
-- user mapping bob on server far: umoptions
ALTER USER MAPPING FOR bob SERVER far OPTIONS (SET secret 'y');
-- user mapping public on server far: umoptions
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (secret 'y');
-- foreign table shop.remote: ftoptions
ALTER FOREIGN TABLE shop.remote OPTIONS (SET name 'others');
-- foreign table column shop.remote.id: attfdwoptions
ALTER FOREIGN TABLE shop.remote ALTER id OPTIONS (SET name 'k');

---- Since PostgreSQL 18

-- table constraint orders_net on shop.orders: conenforced
ALTER TABLE shop.orders DROP CONSTRAINT orders_net, ADD CONSTRAINT orders_net CHECK (net > 0) NOT ENFORCED;
-- table constraint orders_net_not_null on shop.orders: connoinherit
ALTER TABLE shop.orders ALTER CONSTRAINT orders_net_not_null NO INHERIT;
-- table constraint named on shop.visits: definition
ALTER TABLE shop.visits ADD CONSTRAINT named NOT NULL at;
-- table constraint orders_during on shop.orders: conperiod
ALTER TABLE shop.orders DROP CONSTRAINT orders_during, ADD other daterange, ADD CONSTRAINT orders_during UNIQUE
    (other, during WITHOUT OVERLAPS);
-- table column shop.orders.gross: attgenerated
ALTER TABLE shop.orders DROP gross, ADD gross numeric(10, 2) GENERATED ALWAYS AS (net * 1.2) VIRTUAL;
-- publication news: pubgencols
ALTER PUBLICATION news SET (publish_generated_columns = stored);
