"""Cases on a PostgreSQL: kept apart by desk, tampering found, the ways to it that fail named."""

from __future__ import annotations

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import earwitness
import servers
import sounds
from earwitness.errors import (
    CaseDamaged,
    CaseNotFound,
    CaseTooNew,
    MissingPart,
    StoreError,
    StoreNotReady,
    StoreUnreachable,
)
from earwitness.store import migrations, server, tables
from earwitness.store.folder import CaseFolder
from earwitness.store.place import database_of
from earwitness.store.server import Server, ServerDatabase, write_pointer
from earwitness.workbench import Case

pytestmark = pytest.mark.usefixtures("server_store")


def case_id(case: Case) -> str:
    """The id under which the server has a case."""
    return str(json.loads((case.path / "case.store").read_text())["case"])


def at_another_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on, work for another desk."""
    monkeypatch.setenv("EARWITNESS_DESK", f"desk-{secrets.token_hex(6)}")


def test_a_folder_holds_no_database_and_no_address(case: Case) -> None:
    """Beside exhibits and case.toml there are the case's id and a seal; no password, no desk."""
    names = {path.name for path in case.path.iterdir()}
    assert {"case.store", "case.store.seal", "case.toml", "exhibits"} == names - {".lock"}
    assert json.loads((case.path / "case.store").read_text()).keys() == {"case"}


def test_another_desk_does_not_get_a_case_by_its_folder(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever has the folder, and so the id, gets nothing without being that desk."""
    at_another_desk(monkeypatch)
    with pytest.raises(CaseNotFound, match="not in the store"):
        earwitness.open(case.path)
    assert not earwitness.verify(case.path).is_whole


def test_a_guessed_id_gives_nothing_to_read(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every table looks empty to another desk that guesses the id, through the code and beside it."""
    guessed = case_id(case)
    at_another_desk(monkeypatch)
    (tmp_path / "theirs").mkdir()
    write_pointer(tmp_path / "theirs", guessed)
    with database_of(tmp_path / "theirs").read() as transaction:
        assert transaction.entries() == []
        assert transaction.received() == []
        assert list(transaction.outcomes()) == []
        for table in (*tables.metadata.sorted_tables, *tables.server.sorted_tables):
            assert transaction.connection.execute(sa.select(table)).all() == [], table.name
        rows = transaction.connection.execute(
            sa.text("SELECT * FROM custody WHERE case_id = :id"), {"id": guessed}
        )
        assert rows.all() == []


def test_a_guessed_id_cannot_be_written_to(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another desk can neither act on the case, nor add rows to it, nor retire it."""
    guessed, ours = case_id(case), Server.here()
    before = case.custody
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    write_pointer(theirs, guessed)
    (theirs / "case.toml").write_bytes((case.path / "case.toml").read_bytes())
    with monkeypatch.context() as patch:
        at_another_desk(patch)
        with pytest.raises((CaseNotFound, CaseDamaged)):
            CaseFolder(theirs, who="x").act("mark", changes=False, details={})
        ServerDatabase(theirs, Server.here()).retire("2031")
        with (
            pytest.raises(StoreNotReady, match="row-level security"),
            Server.here().transaction(guessed) as connection,
        ):
            connection.execute(
                sa.text(
                    "INSERT INTO custody_head (id, number, hash, desk, case_id) "
                    "VALUES (2, 9, 'x', :desk, :id)"
                ),
                {"desk": ours.desk, "id": guessed},
            )
    assert case.custody == before
    assert earwitness.open(case.path).verify().is_whole


def test_two_cases_of_one_desk_do_not_see_each_other(
    case: Case, tmp_path: Path, tone: Path
) -> None:
    """Queries name no case; the server shows each transaction the rows of one alone."""
    other = earwitness.new(tmp_path / "b.case", questioned=[tone], who="ada@desk")
    list(other.examine(["container"]))
    assert [entry.number for entry in other.custody] == [1, 2, 3]
    assert [entry.number for entry in case.custody] == [1, 2]
    assert case.outcomes() == []
    assert case.verify().is_whole and other.verify().is_whole


def test_the_address_may_stand_in_a_file(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is not there is named; what the environment says itself goes before."""
    file = tmp_path / "secret"
    monkeypatch.setenv("EARWITNESS_STORE_FILE", str(file))
    assert earwitness.open(case.path).custody
    file.write_text(f"{server.address()}\n")
    monkeypatch.delenv("EARWITNESS_STORE")
    assert earwitness.open(case.path).custody
    file.unlink()
    with pytest.raises(StoreNotReady, match="EARWITNESS_STORE_FILE"):
        earwitness.open(case.path)


def test_a_role_that_sees_everything_is_refused(
    case: Case, cluster: servers.Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A superuser would see the rows of all desks, so nothing is read with such a role."""
    monkeypatch.setenv("EARWITNESS_STORE", cluster.url("admin"))
    with pytest.raises(StoreNotReady, match="every desk"):
        earwitness.open(case.path)


def test_the_desk_is_forgotten_when_a_transaction_ends(case: Case) -> None:
    """A connection that goes back to the pool carries nobody's desk to whoever takes it next."""
    assert case.custody
    with Server.here().engine.connect() as connection:
        assert connection.execute(sa.text("SELECT count(*) FROM custody")).scalar() == 0
        found = connection.execute(sa.text("SELECT current_setting('earwitness.desk', true)"))
        assert found.scalar() in (None, "")


EDITS = [
    "UPDATE custody SET who = 'nobody' WHERE case_id = '{id}' AND number = 2",
    "UPDATE custody SET details = '{{}}' WHERE case_id = '{id}' AND number = 2",
    "DELETE FROM custody WHERE case_id = '{id}' AND number = 2",
    "DELETE FROM custody WHERE case_id = '{id}' AND number > 5",
    "UPDATE custody SET number = number + 1000 WHERE case_id = '{id}' AND number = 3",
    "UPDATE exhibits SET name = 'x' WHERE case_id = '{id}'",
    "UPDATE exhibits SET size = size + 1 WHERE case_id = '{id}'",
    "INSERT INTO exhibits (desk, case_id, sha256, name, size) "
    "SELECT desk, id, repeat('a', 64), 'x', 1 FROM cases WHERE id = '{id}'",
    "UPDATE outcomes SET seconds = 5 WHERE case_id = '{id}' AND number = 1",
    "UPDATE outcomes SET key = 'x' WHERE case_id = '{id}' AND number = 1",
    "UPDATE outcomes SET outcome = replace(outcome, 'k', 'q') WHERE case_id = '{id}'",
    "DELETE FROM outcomes WHERE case_id = '{id}' AND number = 1",
    "UPDATE custody_head SET hash = repeat('0', 64) WHERE case_id = '{id}'",
    "DELETE FROM custody_head WHERE case_id = '{id}'",
    "UPDATE statements SET document = 'x' WHERE case_id = '{id}'",
    "DELETE FROM statements WHERE case_id = '{id}'",
    "UPDATE dossier_acts SET who = 'x' WHERE case_id = '{id}' AND number = 1",
    "DELETE FROM dossier_acts WHERE case_id = '{id}' AND number = 2",
]
ONLY_SEALED = [
    "INSERT INTO pending_case_file (desk, case_id, id, before_sha256, text) "
    "SELECT desk, id, 1, '', 'x' FROM cases WHERE id = '{id}'",
    "UPDATE cases SET transactions = transactions - 1 WHERE id = '{id}'",
]


@pytest.mark.parametrize("command", EDITS + ONLY_SEALED)
def test_rows_altered_at_the_server_break_the_seal(
    examined: Path, cluster: servers.Cluster, command: str
) -> None:
    """Whoever administers the server can alter any row; the seal in the folder tells."""
    opened = earwitness.open(examined)
    assert opened.verify().is_whole
    cluster.sql(command.format(id=case_id(opened)))
    assert "case.store" in {problem.where for problem in opened.verify().problems}


@pytest.mark.parametrize("command", EDITS)
def test_rows_altered_as_if_by_an_act_are_found_by_the_chain(
    examined: Path, cluster: servers.Cluster, command: str
) -> None:
    """Counting the alteration as a transaction makes it look like an interruption; the chain tells."""
    opened = earwitness.open(examined)
    counted = "; UPDATE cases SET transactions = transactions + 1 WHERE id = '{id}'"
    cluster.sql((command + counted).format(id=case_id(opened)))
    found = opened.verify()
    assert found.problems
    assert "case.store" not in {problem.where for problem in found.problems}
    assert any("after its seal" in note for note in found.notes)


def test_an_older_copy_that_was_put_back_is_found(
    case: Case, cluster: servers.Cluster, tmp_path: Path
) -> None:
    """Rows as they were before the last act hang together, but are not those that were sealed."""
    identity = case_id(case)
    case.mark("tone.wav", 0, 0.5, "here")
    cluster.sql(
        f"DELETE FROM custody WHERE case_id = '{identity}' AND number = 3; "
        "UPDATE custody_head SET number = 2, hash = (SELECT hash FROM custody "
        f"WHERE case_id = '{identity}' AND number = 2) WHERE case_id = '{identity}'"
    )
    found = case.verify()
    assert [problem.where for problem in found.problems] == ["case.store"]
    assert "sealed" in found.problems[0].what


def test_the_role_of_the_servers_can_alter_no_evidence(case: Case) -> None:
    """It may add rows; those that are evidence or log it can neither change nor delete."""
    here = Server.here()
    for command in ("UPDATE custody SET who = 'x'", "DELETE FROM custody", "DELETE FROM exhibits",
                    "UPDATE outcomes SET seconds = 1", "DELETE FROM outcomes",
                    "DELETE FROM cases", "TRUNCATE custody"):  # fmt: skip
        with (
            pytest.raises(StoreNotReady, match="permission denied"),
            here.transaction(case_id(case)) as connection,
        ):
            connection.execute(sa.text(command))


def test_a_case_goes_to_the_server_to_a_bag_and_back(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder, server, bag, folder: the log is one chain, entry by entry, and verifies everywhere."""
    with monkeypatch.context() as patch:
        patch.delenv("EARWITNESS_STORE")
        made = earwitness.new(tmp_path / "a.case", questioned=[tone], who="ada@desk")
        list(made.examine(["container", "quality"]))
        began = made.custody
    case = earwitness.open(made.path)
    (case.path / "case.toml").write_text((case.path / "case.toml").read_text() + "# by hand\n")
    assert case.move("server").is_whole
    assert not (case.path / "case.db").exists()
    assert [entry.act for entry in case.custody[len(began) :]] == ["edit", "move"]
    (ended,) = case.examine(["pauses"])
    assert case.outcomes()[-1].method == ended.method
    on_server, reached = case.custody, case.outcomes()
    (bag,) = case.publication.export("bag", tmp_path / "a.bag")
    monkeypatch.delenv("EARWITNESS_STORE")
    back, received = earwitness.open_bag(bag, tmp_path / "back.case", who="eve@elsewhere")
    assert received.found.is_whole
    assert (back.path / "case.db").is_file() and not (back.path / "case.store").exists()
    assert back.custody[:-1] == on_server and back.custody[: len(began)] == began
    assert back.custody[-1].act == "receive"
    assert [each.stored_sha256 for each in back.outcomes()] == [
        each.stored_sha256 for each in reached
    ]
    found = back.verify()
    assert (found.problems, found.notes) == ([], [])


def test_a_case_goes_to_the_server_and_back_into_its_folder(case: Case) -> None:
    """Both moves are in the log, all that was there before is unchanged, and it is whole."""
    before = case.custody
    assert case.move("folder").is_whole
    assert (case.path / "case.db").is_file() and not (case.path / "case.store").exists()
    assert earwitness.open(case.path).custody[:-1] == before
    assert case.move("server").is_whole
    assert [entry.act for entry in case.custody] == ["new", "add", "move", "move"]
    assert {path.name for path in case.path.iterdir()} - {".lock"} == {
        "case.toml", "case.store", "case.store.seal", "exhibits"
    }  # fmt: skip
    with pytest.raises(StoreError, match="already"):
        case.move("server")


def test_a_damaged_case_is_not_moved(case: Case, cluster: servers.Cluster) -> None:
    """It stays where it is, and says why."""
    cluster.sql(f"UPDATE custody SET who = 'x' WHERE case_id = '{case_id(case)}' AND number = 2")
    with pytest.raises(CaseDamaged, match="stays where it is"):
        case.move("folder")
    assert (case.path / "case.store").exists() and not (case.path / "case.db").exists()


def test_a_moved_case_is_closed_at_the_server(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that has it open still, and one that kept its id, can neither write to it nor open it."""
    identity, held = case_id(case), CaseFolder(case.path, who="x")
    case.move("folder")
    with pytest.raises(CaseNotFound):
        held.act("mark", changes=False, details={})
    write_pointer(case.path, identity)
    with pytest.raises(CaseNotFound, match="was moved out"):
        earwitness.open(case.path)


def test_a_process_that_holds_the_file_learns_of_the_move(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told to open the case anew, and leaves no empty file behind."""
    with monkeypatch.context() as patch:
        patch.delenv("EARWITNESS_STORE")
        made = earwitness.new(tmp_path / "a.case", questioned=[tone])
        held = earwitness.open(made.path)
    made.move("server")
    for act in (lambda: held.mark("tone.wav", 0, 0.5), lambda: held.custody):
        with pytest.raises(CaseNotFound, match="open it anew"):
            act()
    assert not (made.path / "case.db").exists()
    with pytest.raises(StoreError, match="already"):
        made.move("server")


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"case": 5}', '{"case": "../x"}', "\xff"])
def test_a_pointer_that_is_none_is_damage(case: Case, content: str) -> None:
    """Rubbish in case.store is one named error."""
    (case.path / "case.store").write_text(content)
    with pytest.raises(CaseDamaged, match=r"case\.store"):
        earwitness.open(case.path)


def test_a_case_whose_store_is_not_named_says_so(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the address the case cannot be opened, and the setting is named."""
    monkeypatch.delenv("EARWITNESS_STORE")
    with pytest.raises(StoreNotReady, match="EARWITNESS_STORE"):
        earwitness.open(case.path)


@pytest.mark.parametrize("url", ["nonsense", "sqlite:///x.db", "mysql://x@y/z", "postgresql://x/y"])
def test_an_address_that_is_none_is_refused(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kind of address that is expected is named, and no case is begun."""
    monkeypatch.setenv("EARWITNESS_STORE", url)
    with pytest.raises(StoreError, match=r"postgresql\+psycopg"):
        earwitness.new(tmp_path / "a.case")
    assert not (tmp_path / "a.case" / "case.store").exists()


def test_a_server_that_does_not_answer_is_named_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says what to look at; the password in the address is in no text."""
    port = servers.free_port()
    monkeypatch.setenv(
        "EARWITNESS_STORE", f"postgresql+psycopg://desk:geheim@127.0.0.1:{port}/earwitness"
    )
    with pytest.raises(StoreUnreachable, match="see that it runs") as refused:
        earwitness.new(tmp_path / "a.case")
    assert "geheim" not in str(refused.value)


def test_a_store_that_was_not_prepared_says_how(
    cluster: servers.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty database is told from one that is away, with the command that makes its tables."""
    monkeypatch.setenv("EARWITNESS_STORE", cluster.url().rsplit("/", 1)[0] + "/postgres")
    with pytest.raises(StoreNotReady, match="earwitness store prepare"):
        earwitness.new(tmp_path / "a.case")


def test_a_store_of_a_later_version_is_refused(
    empty_store: servers.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is told to bring up to date what is newer than what they run."""
    server.prepare(empty_store.url(servers.OWNER), grant=servers.ROLE)
    engine = sa.create_engine(empty_store.url(servers.OWNER))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    monkeypatch.setenv("EARWITNESS_STORE", empty_store.url())
    with pytest.raises(CaseTooNew, match=r"9999.*newest earwitness"):
        earwitness.new(tmp_path / "a.case")
    with pytest.raises(CaseTooNew, match=r"9999.*newest earwitness"):
        server.prepare(empty_store.url(servers.OWNER))


def test_the_package_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without psycopg there is one line that says what to install."""

    def absent(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("psycopg")

    monkeypatch.setenv("EARWITNESS_STORE", "postgresql+psycopg://desk@127.0.0.1/never-seen")
    monkeypatch.setattr("sqlalchemy.create_engine", absent)
    with pytest.raises(MissingPart, match=r"earwitness\[postgresql\]"):
        earwitness.new(tmp_path / "a.case")


def test_a_case_in_a_folder_needs_no_server(
    tmp_path: Path, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a store is named but away, cases that are in their folders open as ever."""
    with monkeypatch.context() as patch:
        patch.delenv("EARWITNESS_STORE")
        made = earwitness.new(tmp_path / "a.case", questioned=[tone])
    monkeypatch.setenv("EARWITNESS_STORE", "postgresql+psycopg://desk@127.0.0.1:1/earwitness")
    assert earwitness.open(made.path).verify().is_whole


def test_migrations_go_up_and_down_on_a_server(empty_store: servers.Cluster) -> None:
    """All of them, and back one by one: the tables are those of the code, then there are none."""
    engine = sa.create_engine(empty_store.url(servers.OWNER))
    versions = migrations.known_versions("postgresql")
    for _ in range(2):
        with engine.begin() as connection:
            assert migrations.bring_up_to_date(connection) == versions
            assert described(connection) == expected(engine)
        for version in reversed(["base", *versions[:-1]]):
            with engine.begin() as connection:
                migrations.take_back(connection, version)
        with engine.begin() as connection:
            assert described(connection).keys() == set()
    engine.dispose()


def described(connection: sa.Connection) -> dict[str, dict[str, bool]]:
    """The columns of each table, and whether they may be empty."""
    inspector = sa.inspect(connection)
    return {
        name: {column["name"]: column["nullable"] for column in inspector.get_columns(name)}
        for name in inspector.get_table_names()
        if name != "alembic_version"
    }


def expected(engine: sa.Engine) -> dict[str, dict[str, bool]]:
    """What the code expects of a server, the columns that keep desks and cases apart included."""
    found = {}
    for table in (*tables.metadata.sorted_tables, *tables.server.sorted_tables):
        columns = {column.name: bool(column.nullable) for column in table.columns}
        apart = {"desk": False}
        if "case_id" not in columns and table not in (tables.cases, tables.workers):
            apart["case_id"] = False
        found[table.name] = columns | apart
    return found


def test_a_store_with_cases_is_not_taken_back(cluster: servers.Cluster, case: Case) -> None:
    """Tables without desks cannot hold what desks have, so the migration refuses."""
    engine = sa.create_engine(cluster.url(servers.OWNER))
    with pytest.raises(StoreNotReady, match="holds cases"), engine.begin() as connection:
        migrations.take_back(connection, "0002")
    engine.dispose()
    assert case.verify().is_whole


def test_preparing_twice_does_nothing(cluster: servers.Cluster) -> None:
    """The tables stay as they are."""
    assert server.prepare(cluster.url(servers.OWNER), grant=servers.ROLE) == []


def test_acts_of_many_threads_make_one_chain(case: Case) -> None:
    """Servers that act on one case at once wait for each other; no entry is lost or doubled."""
    others = [earwitness.open(case.path, who=f"desk {number}") for number in range(6)]

    def act(one: Case) -> None:
        for _ in range(5):
            one.mark("tone.wav", 0, 0.5)

    with ThreadPoolExecutor(len(others)) as pool:
        list(pool.map(act, others))
    assert [entry.number for entry in case.custody] == list(range(1, 33))
    found = case.verify()
    assert (found.problems, found.notes) == ([], [])


def test_a_killed_server_is_an_error_and_no_damage(
    tmp_path: Path, tone: Path, own_store: servers.Cluster
) -> None:
    """When the database dies in the midst of an act and comes back, the case is whole and goes on."""
    case = earwitness.new(tmp_path / "a.case", questioned=[tone])
    with pytest.raises(StoreUnreachable), case._folder.database.locked():
        own_store.kill()
        case.mark("tone.wav", 0, 0.5, "lost")
    with pytest.raises(StoreUnreachable):
        earwitness.open(case.path)
    own_store.start()
    case.mark("tone.wav", 0, 0.5, "kept")
    assert [entry.act for entry in case.custody] == ["new", "add", "mark"]
    assert earwitness.open(case.path).verify().is_whole


def test_an_exhibit_that_was_altered_is_found(case: Case) -> None:
    """The exhibits' bytes are checked as ever."""
    path = sounds.writable(case.path / "exhibits" / case.exhibits[0].sha256)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert not case.verify().is_whole
