"""The files that containers are made from: valid by real tools, and as closed as the documents say."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(sys.executable).parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
PINNED = re.compile(r"^[\w./-]+:(\d+\.\d+\.\d+[\w.-]*|\$\{STICKSHAKER_VERSION:-\d+\.\d+\.\d+\})$")


def test_the_compose_file_is_valid() -> None:
    """The schema of the Compose specification, which its checker brings along, holds."""
    command = [str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


def test_the_dockerfile_is_valid() -> None:
    """Hadolint finds nothing to say about it."""
    told = subprocess.run([str(BIN / "hadolint"), "Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (0, ""), told.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_closed_and_bounded(name: str) -> None:
    """No root, nothing to write to but what is named, no capabilities, limits, a restart and an end in time."""
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert int(service["user"].split(":")[0]) > 0
    assert {"cpus", "memory"} <= set(service["deploy"]["resources"]["limits"])
    assert service["restart"] == "unless-stopped"
    assert service["tmpfs"]
    assert PINNED.match(service["image"]), service["image"]
    assert "privileged" not in service
    assert "healthcheck" in service or "HEALTHCHECK" in DOCKERFILE


def test_there_is_one_web_and_two_workers_over_one_store() -> None:
    """The roles are those of `stickshaker run`, the store keeps a file, asks for a user, and is reached by ours alone."""
    assert SERVICES["web"]["command"] == ["run", "--role", "web"]
    assert SERVICES["worker"]["command"] == ["run", "--role", "worker"]
    assert SERVICES["worker"]["deploy"]["replicas"] == 2
    command = " ".join(SERVICES["valkey"]["command"])
    for option in ("--appendonly yes", "--appendfsync always", "--aclfile /run/secrets/valkey_acl", "noeviction"):
        assert option in command
    assert "ports" not in SERVICES["valkey"]
    assert COMPOSE["networks"]["store"] == {"internal": True}
    assert SERVICES["web"]["ports"] == ["127.0.0.1:8080:8080"]


def test_no_secret_is_in_the_files() -> None:
    """Passwords and keys come from files that git and the builder do not see."""
    text = json.dumps(COMPOSE)
    assert "PSEUDONYM_KEY" not in text
    assert "redis://" not in text
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {"secrets/", "stickshaker.env"} <= set(ignored)
    sent = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert sent[1] == "*"
    assert not any("secret" in line or ".env" in line for line in sent if line.startswith("!"))


def test_the_image_is_built_in_two_stages_by_hash() -> None:
    """Bases are pinned, what is fetched is checked by hash, and the second stage gets the result and no root."""
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert all(re.match(r"^python:3\.11\.\d+-slim-\w+$", base) for base in bases)
    assert "--require-hashes" in DOCKERFILE
    assert DOCKERFILE.count("pip install") == DOCKERFILE.count("--no-index")
    last = DOCKERFILE.rpartition("FROM ")[2]
    assert "USER 10001:10001" in last
    assert "pip" not in last
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line[:1] == "!"}
    assert {name for group in copied for name in group.split()} == kept


def test_the_tag_is_the_version_of_the_program() -> None:
    """Without a setting, the image that is built carries the version that pyproject names."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"${{STICKSHAKER_VERSION:-{version}}}" in SERVICES["web"]["image"]
