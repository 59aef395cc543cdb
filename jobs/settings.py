"""The process's settings, from the environment: every name, its meaning, and one sentence for what is wrong."""

import os
import re
import secrets
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote, unquote_plus

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.domain.calendar import to_zone
from bot.domain.telemetry import SOURCE_PATTERN
from bot.errors import InputError, SettingsError

PREFIX: Final = "STICKSHAKER_"
SLACK: Final = "SLACK_"
TEAMS: Final = "TEAMS_"
ENTRA: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
OTHERS: Final = frozenset({"STICKSHAKER_VERSION"})
"""Names with our prefix that others read: docker-compose.yml the tag of the image."""
LEAST_KEY: Final = 16
KEY_FILE: Final = "pseudonym.key"


class Settings(BaseSettings):
    """What the environment says; a field `x` is the variable STICKSHAKER_X."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", env_ignore_empty=True)

    redis_url: SecretStr | None = Field(
        None, description="Redis 6.2+ or Valkey as redis://, rediss:// or unix://; without it a Valkey of our own runs"
    )
    data_dir: Path = Field(
        Path("~/.local/share/stickshaker"), description="folder of the embedded store and the generated key"
    )
    mode: Literal["switch", "shadow"] = Field(
        "switch", description="'switch': golive and pause decide; 'shadow': this process never sends, whatever they say"
    )
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="who looks after Stickshaker, separated by commas, written as the registry writes people"
    )
    pseudonym_key: SecretStr | None = Field(
        None, description="secret of at least 16 characters that ids of people are made with; must be set with a URL"
    )
    aggregate_only: bool = Field(
        default=False,
        description="1: nothing about a person is taken in, weeks only, no figure of a group of fewer than 10 people (docs/privacy.md)",
    )
    timezone: str = Field("UTC", description="IANA timezone where neither a person nor a pilot has one")
    http_host: str = Field("127.0.0.1", description="address of the web server")
    http_port: int = Field(8080, ge=1, le=65535, description="port of the web server")

    push_tokens: SecretStr | None = Field(
        None, description="who may push facts: source=TOKEN, separated by commas, tokens of at least 16 characters"
    )
    log: Literal["json", "text"] = Field("json", description="how the service logs: one JSON object or one text a line")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="the least that the service logs of its own doings"
    )

    @field_validator("push_tokens")
    @classmethod
    def _are_tokens(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_tokens(value.get_secret_value())
        return value

    @property
    def pushers(self) -> dict[str, str]:
        """Return the token of each source that may push."""
        return read_tokens(self.push_tokens.get_secret_value()) if self.push_tokens else {}

    @property
    def secrets(self) -> list[str]:
        """Return what must be in no log: the key, tokens, and the passwords in the URL."""
        held = [s.get_secret_value() for s in (self.pseudonym_key, self.push_tokens) if s]
        passwords = passwords_of(self.redis_url.get_secret_value()) if self.redis_url else []
        return held + list(self.pushers.values()) + passwords

    @field_validator("admins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            to_zone(value)
        except InputError as fault:
            raise ValueError(str(fault)) from fault
        return value

    @field_validator("pseudonym_key")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < LEAST_KEY:
            msg = f"it must have at least {LEAST_KEY} characters"
            raise ValueError(msg)
        return value

    @property
    def folder(self) -> Path:
        """Return the data folder as a full path, whatever folder a command is typed in; raises SettingsError."""
        try:
            return self.data_dir.expanduser().resolve()
        except (RuntimeError, OSError) as fault:
            msg = (
                f"{PREFIX}DATA_DIR '{self.data_dir}' leads nowhere (no such home, or a circle of links); name another."
            )
            raise SettingsError(msg) from fault


class SlackSettings(BaseSettings):
    """What the environment says of Slack; a field `x` is the variable SLACK_X."""

    model_config = SettingsConfigDict(env_prefix=SLACK, extra="ignore", env_ignore_empty=True)

    bot_token: SecretStr | None = Field(
        None, description="token of the app's bot, xoxb-...: with it messages leave by Slack (docs/install-slack.md)"
    )
    app_token: SecretStr | None = Field(
        None, description="token of the app itself, xapp-...: with it Slack reaches us by a socket of ours"
    )
    signing_secret: SecretStr | None = Field(
        None, description="what Slack signs with where it reaches us by HTTP at /slack/events, without an app token"
    )
    api_base_url: str = Field("https://slack.com/api/", description="where Slack's Web API is")

    @field_validator("bot_token")
    @classmethod
    def _of_a_bot(cls, value: SecretStr | None) -> SecretStr | None:
        return _beginning(value, "xoxb-", "the one of a bot, under OAuth & Permissions")

    @field_validator("app_token")
    @classmethod
    def _of_an_app(cls, value: SecretStr | None) -> SecretStr | None:
        return _beginning(value, "xapp-", "one of the app with the scope connections:write, under Basic Information")

    @field_validator("api_base_url")
    @classmethod
    def _ends_in_a_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must be an address that begins with https://")
        return value if value.endswith("/") else f"{value}/"

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.bot_token and not (self.app_token or self.signing_secret):
            raise ValueError("beside SLACK_BOT_TOKEN set SLACK_APP_TOKEN (a socket) or SLACK_SIGNING_SECRET (HTTP)")
        return self

    @property
    def secrets(self) -> list[str]:
        """Return what must be in no log."""
        return [s.get_secret_value() for s in (self.bot_token, self.app_token, self.signing_secret) if s]


class TeamsSettings(BaseSettings):
    """What the environment says of Teams; a field `x` is the variable TEAMS_X."""

    model_config = SettingsConfigDict(env_prefix=TEAMS, extra="ignore", env_ignore_empty=True)

    app_id: str | None = Field(
        None, description="id of the bot's app at Entra: with it messages leave by Teams (docs/install-teams.md)"
    )
    tenant_id: str = Field("", description="id of the tenant whose people are talked to; all others are turned away")
    app_type: Literal["SingleTenant", "UserAssignedMSI"] = Field(
        "SingleTenant", description="'SingleTenant': a secret or a certificate; 'UserAssignedMSI': a managed identity"
    )
    app_password: SecretStr | None = Field(None, description="secret of the app (SingleTenant)")
    certificate: Path | None = Field(
        None, description="file with a certificate and its RSA key, PEM or PKCS #12, in a secret's place (SingleTenant)"
    )
    openid_metadata_url: str = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="where Microsoft publishes the keys that requests are signed with",
    )
    issuer: str = Field("https://api.botframework.com", description="who signs them")
    token_url: str = Field("https://login.microsoftonline.com", description="where our own token comes from")
    scope: str = Field("https://api.botframework.com", description="what our own token is for")
    allowed_service_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        ("smba.trafficmanager.net", "*.teams.microsoft.com", "*.teams.microsoft.us"),
        description="hosts that get our token, separated by commas; '*.' stands for any below it",
    )

    @field_validator("allowed_service_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("app_type", mode="before")
    @classmethod
    def _of_one_tenant(cls, value: object) -> object:
        if str(value).casefold() == "multitenant":
            raise ValueError("no bot of several tenants can be made since 31 July 2025: make one of SingleTenant")
        return value

    @field_validator("app_id", "tenant_id")
    @classmethod
    def _is_an_id(cls, value: str | None) -> str | None:
        if value and not ENTRA.fullmatch(value):
            raise ValueError("it must be an id of Entra's, 8-4-4-4-12 letters and figures")
        return value

    @field_validator("openid_metadata_url", "token_url", "scope", "issuer")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("it must be an address that begins with https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.app_id and not self.tenant_id:
            raise ValueError("beside TEAMS_APP_ID set TEAMS_TENANT_ID, the tenant whose people are talked to")
        given, is_identity = bool(self.app_password) + bool(self.certificate), self.app_type == "UserAssignedMSI"
        if self.app_id and not given and not is_identity:
            raise ValueError(
                "beside TEAMS_APP_ID set TEAMS_APP_PASSWORD or TEAMS_CERTIFICATE, or TEAMS_APP_TYPE=UserAssignedMSI"
            )
        if given and is_identity:
            raise ValueError(
                "a managed identity (TEAMS_APP_TYPE=UserAssignedMSI) has no TEAMS_APP_PASSWORD and no TEAMS_CERTIFICATE"
            )
        if given > 1:
            raise ValueError("set TEAMS_APP_PASSWORD or TEAMS_CERTIFICATE, not both")
        return self

    @property
    def secrets(self) -> list[str]:
        """Return what must be in no log."""
        return [self.app_password.get_secret_value()] if self.app_password else []


def read_teams() -> TeamsSettings:
    """Read what the environment says of Teams; raises SettingsError naming the variable, never its value."""
    try:
        return TeamsSettings()
    except ValidationError as fault:
        raise _settings_error(fault, TEAMS, "docs/install-teams.md") from fault


def _beginning(value: SecretStr | None, start: str, what: str) -> SecretStr | None:
    """Refuse a token of another kind; the words name no part of it."""
    if value is not None and not value.get_secret_value().startswith(start):
        msg = f"it must be a token that begins with {start}: {what}"
        raise ValueError(msg)
    return value


def read_slack() -> SlackSettings:
    """Read what the environment says of Slack; raises SettingsError naming the variable, never its value."""
    try:
        return SlackSettings()
    except ValidationError as fault:
        raise _settings_error(fault, SLACK, "docs/install-slack.md") from fault


def _settings_error(fault: ValidationError, prefix: str, where: str) -> SettingsError:
    first = fault.errors(include_url=False, include_input=False, include_context=False)[0]
    name = prefix + ".".join(str(part) for part in first["loc"]).upper()
    reason = first["msg"].removeprefix("Value error, ").rstrip(".")
    if not first["loc"]:
        return SettingsError(f"{reason}; how is in {where}.")
    return SettingsError(f"{name} can't be used: {reason}. Its meaning is in {where}.")


def read_tokens(text: str) -> dict[str, str]:
    """Return the token of each source of `source=TOKEN,source=TOKEN`.

    Raises ValueError, which names the place and no value: two sources must not share a token, since it says who sends.
    """
    found: dict[str, str] = {}
    for place, part in enumerate(text.split(","), 1):
        source, _, token = (piece.strip() for piece in part.partition("="))
        if not SOURCE_PATTERN.fullmatch(source) or source in found:
            msg = f"part {place} must be source=TOKEN with a source of a-z, 0-9, _ . / - that no other part names"
            raise ValueError(msg)
        if len(token) < LEAST_KEY or not token.isascii() or not token.isprintable() or " " in token:
            msg = f"the token of part {place} must have at least {LEAST_KEY} plain characters without blanks"
            raise ValueError(msg)
        if token in found.values():
            msg = f"the token of part {place} is that of another source too; give each its own"
            raise ValueError(msg)
        found[source] = token
    return found


def passwords_of(url: str) -> list[str]:
    """Return each password of a URL as it stands there and decoded, whatever else is wrong with that URL.

    The one of the server ends at the last `@`: whoever forgot to encode a sign still must not find it in a log.
    """
    rest = url.partition("://")[2] or url
    found = [rest.rpartition("@")[0].partition(":")[2], rest.partition("@")[0].partition(":")[2]]
    found += re.findall(r"[?&][^=&]*password=([^&#]*)", rest)
    return list(dict.fromkeys(form for one in found for form in (one, unquote(one), unquote_plus(one)) if form))


def read_settings() -> Settings:
    """Read the environment; raises SettingsError naming the variable and what is wrong, never its value."""
    try:
        return Settings()
    except ValidationError as fault:
        raise _settings_error(fault, PREFIX, "docs/settings.md") from fault


def unknown_names(environment: Mapping[str, str]) -> list[str]:
    """Return a sentence for each variable that has our prefix and is none of ours, with the name it is nearest to."""
    known = [PREFIX + name.upper() for name in Settings.model_fields]
    told = []
    for name in sorted(environment):
        if not name.upper().startswith(PREFIX) or name.upper() in {*known, *OTHERS}:
            continue
        near = get_close_matches(name.upper(), known, n=1, cutoff=0.0)
        told.append(f"{name} is no setting and changes nothing; the nearest one is {near[0]} (docs/settings.md).")
    return told


def secret_of(settings: Settings) -> bytes:
    """Return the pseudonym key: the one set, else one that is made once in the data folder.

    Raises SettingsError when a URL is set without a key: several machines must share one.
    """
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key.get_secret_value().encode()
    if settings.redis_url is not None:
        msg = (
            "STICKSHAKER_PSEUDONYM_KEY is missing: with STICKSHAKER_REDIS_URL it must be set, "
            "the same on every machine; make one with: python -c 'import secrets; print(secrets.token_hex(32))'."
        )
        raise SettingsError(msg)
    return _own_key(settings.folder / KEY_FILE)


def _own_key(path: Path) -> bytes:
    """Return the key of a file, making it once; of two who make it at the same time one wins."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make_key(path)
        key = path.read_bytes().decode().strip()
    except OSError as fault:
        msg = f"The key file {path} can't be used ({fault.strerror}); set STICKSHAKER_DATA_DIR to another folder."
        raise SettingsError(msg) from fault
    except UnicodeDecodeError:
        key = ""
    if len(key) < LEAST_KEY:
        msg = (
            f"The key file {path} is damaged: it must hold at least {LEAST_KEY} characters of text. Put it back from "
            "your backup; if nothing has been loaded yet, delete it and a new one is made."
        )
        raise SettingsError(msg)
    return key.encode()


def _make_key(path: Path) -> None:
    """Write a key that is whole and on disk before it has its name: a power cut must not leave half of one."""
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(fresh)
    except FileExistsError:
        pass  # somebody else made theirs meanwhile
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
