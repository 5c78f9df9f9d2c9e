"""The compose file and the units: whole, in step with the program, and giving away nothing needlessly."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

import servers
from earwitness import logs
from earwitness.cli.main import earwitness as entrance
from earwitness.store import server
from earwitness.store.objects import OBJECTS

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if each["image"] == "earwitness"}
UNITS = sorted(DEPLOY.glob("*.service"))
PROGRAM = "/opt/earwitness/bin/earwitness"
SETTINGS = {
    server.ADDRESS, server.ADDRESS_FILE, server.DESK, logs.SETTING, OBJECTS, "EARWITNESS_MODELS",
}  # fmt: skip
# Of the Compose Specification, those that are used or might be; one that is misspelt is none of them.
TOP_KEYS = {"name", "services", "networks", "volumes", "secrets", "configs"}
SERVICE_KEYS = {
    "build", "cap_drop", "command", "depends_on", "deploy", "environment", "healthcheck", "image",
    "networks", "ports", "read_only", "restart", "secrets", "security_opt", "stop_grace_period", "tmpfs",
    "user", "volumes",
}  # fmt: skip


def unit(path: Path) -> dict[str, list[str]]:
    """What a unit says, by key."""
    found: dict[str, list[str]] = {}
    for line in path.read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def versions(path: Path) -> dict[str, str]:
    """The packages of a lock file."""
    found = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^ ;\\]+)", path.read_text(), re.MULTILINE)
    return dict(found)


def require_command(words: list[str]) -> None:
    """Insist that the program has this command with these options."""
    done = CliRunner().invoke(entrance, [*words, "--help"])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(entrance, [*words, "--no-such-option", "--help"]).exit_code == 2


def test_the_compose_file_uses_keys_that_there_are() -> None:
    """At the top and in each service; what is named in a service is declared."""
    assert {key for key in COMPOSE if not key.startswith("x-")} <= TOP_KEYS
    for name, service in SERVICES.items():
        assert set(service) <= SERVICE_KEYS, name
        assert set(service["networks"]) <= set(COMPOSE["networks"])
        assert set(service["secrets"]) <= set(COMPOSE["secrets"])
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (DEPLOY / source).is_file()
        for other, when in service.get("depends_on", {}).items():
            assert ("healthcheck" in SERVICES[other]) == (when["condition"] == "service_healthy")


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_may_do_more_than_it_must(name: str) -> None:
    """Not root, nothing of its own system to write to, no capabilities, reached from this machine alone."""
    service = SERVICES[name]
    user, group = service["user"].split(":")
    assert int(user) > 0 and int(group) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "network_mode", "pid", "devices", "cap_add"} & set(service)
    for port in service.get("ports", ()):
        assert port.startswith("127.0.0.1:")
    outside = [
        each
        for each in service["networks"]
        if not (COMPOSE["networks"][each] or {}).get("internal")
    ]
    assert bool(outside) == (name == "desk")


@pytest.mark.parametrize("name", OURS)
def test_each_service_calls_a_command_that_there_is(name: str) -> None:
    """With options that it has, and settings that the program reads."""
    require_command(OURS[name]["command"])
    assert set(OURS[name]["environment"]) <= SETTINGS


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_each_unit_calls_a_command_that_there_is(path: Path) -> None:
    """With options that it has, and settings that the program reads; not as root."""
    says = unit(path)
    (command,) = says["ExecStart"]
    program, *words = shlex.split(command.replace("%i", "1"))
    assert program == PROGRAM
    require_command(words)
    settings = dict(each.split("=", 1) for line in says["Environment"] for each in line.split())
    assert set(settings) <= SETTINGS
    assert says["User"] == ["earwitness"] and says["NoNewPrivileges"] == ["yes"]
    assert says["ProtectSystem"] == ["strict"] and says["CapabilityBoundingSet"] == [""]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_systemd_understands_each_unit(path: Path, tmp_path: Path) -> None:
    """``systemd-analyze verify`` has nothing to say; the program is put where this machine has one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    copy = tmp_path / path.name
    copy.write_text(path.read_text().replace(PROGRAM, sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(copy)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_no_password_stands_in_a_file() -> None:
    """Secrets come from files under a folder that git ignores; no address with a password is written."""
    for path in DEPLOY.iterdir():
        if path.is_file():
            text = path.read_text()
            assert not re.search(r"://[^\s:/@]+:[^\s@]+@", text), path.name
    for service in SERVICES.values():
        for key, value in service["environment"].items():
            assert "PASSWORD" not in key or value.startswith("/run/secrets/"), key
    for secret in COMPOSE["secrets"].values():
        assert Path(secret["file"]).parent == Path("secrets")
    assert "secrets/" in (DEPLOY / ".gitignore").read_text().split()


def test_the_image_is_locked_and_holds_what_servers_need() -> None:
    """Packages come by their hashes, at the versions that were tested, the store's among them."""
    text = (DEPLOY / "Dockerfile").read_text()
    assert (
        "COPY deploy/requirements.lock" in text and "--require-hashes -r requirements.lock" in text
    )
    locked, tested = versions(DEPLOY / "requirements.lock"), versions(ROOT / "requirements.lock")
    assert locked.items() <= tested.items()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for needed in (*project["dependencies"], *extras["postgresql"], *extras["objects"]):
        assert re.split(r"[\[<>=!]", needed)[0] in locked, needed
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert {each["user"] for each in OURS.values()} == {"10001:10001"}
    assert f'ENTRYPOINT ["{PROGRAM}"]' in text
    for copied in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        for name in copied.split():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in (DEPLOY / "Dockerfile.dockerignore").read_text().split()


def test_the_roles_are_those_that_the_program_wants(
    cluster: servers.Cluster, tmp_path: Path
) -> None:
    """The script makes a keeper that owns the database, and a desk that is no more than it must be."""
    for name in ("keeper", "desk"):
        (tmp_path / f"{name}_password").write_text('it\'s a "secret"\n')
    script = (DEPLOY / "roles.sql").read_text()
    for role in (
        "keeper",
        "desk",
        "earwitness",
    ):  # the cluster of the tests has roles of these names
        script = re.sub(rf"\b(ROLE|DATABASE|OWNER) {role}\b", rf"\1 {role}_deployed", script)
    place = servers.programs()
    assert place is not None
    subprocess.run(
        [str(place / "psql"), "-h", "127.0.0.1", "-p", str(cluster.port), "-U", "admin", "-d", "postgres",
         "-X", "-v", "ON_ERROR_STOP=1"],
        input=script, text=True, check=True, capture_output=True,
        env={**os.environ, "SECRETS": str(tmp_path)},
    )  # fmt: skip
    roles = cluster.sql(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolpassword IS NOT NULL "
        "FROM pg_authid WHERE rolname LIKE '%_deployed' ORDER BY 1"
    )
    assert roles.splitlines() == ["desk_deployed|f|f|f|f|t", "keeper_deployed|f|f|f|f|t"]
    owner = cluster.sql(
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE '%_deployed'"
    )
    assert owner == "keeper_deployed"
