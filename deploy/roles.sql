-- Carried out once, by the database's own image, when its cluster is made: the role that owns the tables, and
-- the plain one of desks and workers. Their passwords come from files.
\set keeper `cat "${SECRETS:-/run/secrets}/keeper_password"`
\set desk `cat "${SECRETS:-/run/secrets}/desk_password"`
CREATE ROLE keeper LOGIN PASSWORD :'keeper';
CREATE ROLE desk LOGIN PASSWORD :'desk';
CREATE DATABASE earwitness OWNER keeper;
