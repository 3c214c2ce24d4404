"""Every way in which a configuration can be wrong, and what follows from one that is right."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from bot.errors import SettingsFault
from bot.settings import Settings, Simulator, environment_name, load, on_port, read

TWILIO = {
    "ANLIN_TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
    "ANLIN_TWILIO_AUTH_TOKEN": "a-token-nobody-has",
    "ANLIN_TWILIO_FROM": "+99910012345",
    "ANLIN_PUBLIC_URL": "https://anlin.example.org",
}
TELEGRAM = {"ANLIN_TELEGRAM_TOKEN": "123456:an-invented-key"}


def faults_of(environ: dict[str, str], toml_path: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsFault) as told:
        read(environ, toml_path)
    return told.value.faults


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: text for name, text in environ.items() if name not in names}


# One value by itself

UNUSABLE = [
    ("ANLIN_PORT", "80a", "whole number"),
    ("ANLIN_PORT", "65536", "from 0 to 65535"),
    ("ANLIN_PORT", "-1", "whole number"),
    ("ANLIN_PORT", "٨٠", "whole number"),
    ("ANLIN_SIMULATOR_PORT", "eight", "whole number"),
    ("ANLIN_HOST", "http://0.0.0.0", "host name"),
    ("ANLIN_HOST", "two words", "host name"),
    ("ANLIN_PUBLIC_URL", "anlin.example.org", "https://"),
    ("ANLIN_PUBLIC_URL", "ftp://anlin.example.org", "https://"),
    ("ANLIN_PUBLIC_URL", "https://", "https://"),
    ("ANLIN_PUBLIC_URL", "https://anlin.example.org/?a=1", "without ?"),
    ("ANLIN_PUBLIC_URL", "https://anlin.example.org/#rc=3", "without ?"),
    ("ANLIN_PUBLIC_URL", "https://anlin.example.org:door", "https://"),
    ("ANLIN_TIMEZONE", "Asia/Beijing", "no such time zone"),
    ("ANLIN_TIMEZONE", "../../etc/passwd", "no such time zone"),
    ("ANLIN_LANGUAGE", "zh", "no such catalogue"),
    ("ANLIN_DATABASE_URL", "mysql://here/anlin", "sqlite:///"),
    ("ANLIN_DATABASE_URL", "sqlite:///:memory:", "outlives the process"),
    ("ANLIN_DATABASE_URL", "sqlite://", "sqlite:///"),
    ("ANLIN_DATABASE_URL", "postgresql://anlin@here", "name a database"),
    ("ANLIN_TELEGRAM_TOKEN", "an-invented-key", "BotFather"),
    ("ANLIN_TELEGRAM_API_BASE", "http://api.telegram.org", "in the clear"),
    ("ANLIN_TWILIO_API_BASE", "http://api.twilio.com", "in the clear"),
    ("ANLIN_TWILIO_FROM", "13800000000", "country code"),
    ("ANLIN_TWILIO_FROM", "+0138000000", "country code"),
    ("ANLIN_TWILIO_FROM", "+86 138 0000 0000", "country code"),
    ("ANLIN_TWILIO_ACCOUNT_SID", "SK00000000000000000000000000000001", "begins with AC"),
    ("ANLIN_TWILIO_MESSAGING_SERVICE_SID", "AC0001", "begins with MG"),
    ("ANLIN_TWILIO_PER_SECOND", "0.5", "whole number"),
    ("ANLIN_SIMULATOR", "yes", "auto, on, off"),
    ("ANLIN_MEDIA_MAX_MB", "0", "from 1 to 500"),
    ("ANLIN_INBOUND_PER_MINUTE", "0", "from 1"),
    ("ANLIN_WEB_THREADS", "0", "from 1"),
    ("ANLIN_LOG_LEVEL", "loud", "debug, info, warning, error"),
]


@pytest.mark.parametrize(("name", "text", "words"), UNUSABLE)
def test_a_value_that_cannot_be_used_is_told_with_its_name_and_with_what_could_be(name: str, text: str, words: str) -> None:
    [fault] = [fault for fault in faults_of({name: text}) if fault.startswith(name)]
    assert words in fault
    assert fault.endswith(".")


def test_a_folder_that_is_a_file_is_a_fault(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    assert "is a file" in faults_of({"ANLIN_DATA_DIR": str(taken)})[0]
    assert "is a file" in faults_of({"ANLIN_DATA_DIR": str(taken / "inside")})[0]
    assert "is a file" in faults_of({"ANLIN_SEALING_KEY_FILE": str(taken / "sealing.key")})[0]


def test_the_folder_that_nobody_named_is_looked_at_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data").write_text("")
    assert "is a file" in faults_of({})[0]


def test_a_key_file_that_is_a_folder_is_a_fault(tmp_path: Path) -> None:
    assert "it is a folder" in faults_of({"ANLIN_SEALING_KEY_FILE": str(tmp_path)})[0]


# Values together

TOGETHER = [
    ({"ANLIN_TELEGRAM_SECRET": "s3cret", "ANLIN_PUBLIC_URL": "https://anlin.example.org"}, "without ANLIN_TELEGRAM_TOKEN"),
    ({**TELEGRAM, "ANLIN_TELEGRAM_SECRET": "s3cret"}, "needs an ANLIN_PUBLIC_URL that begins with https://"),
    ({**TELEGRAM, "ANLIN_TELEGRAM_SECRET": "s3cret", "ANLIN_PUBLIC_URL": "http://anlin.example.org"}, "begins with https://"),
    (without(TWILIO, "ANLIN_TWILIO_AUTH_TOKEN"), "without ANLIN_TWILIO_AUTH_TOKEN"),
    (without(TWILIO, "ANLIN_TWILIO_ACCOUNT_SID", "ANLIN_TWILIO_FROM"), "without ANLIN_TWILIO_ACCOUNT_SID"),
    (without(TWILIO, "ANLIN_TWILIO_FROM"), "nothing to send from"),
    ({"ANLIN_TWILIO_FROM": "+99910012345"}, "but no account"),
    ({"ANLIN_TWILIO_MESSAGING_SERVICE_SID": "MG0001"}, "but no account"),
    ({"ANLIN_TWILIO_AUTH_TOKEN_PREVIOUS": "old"}, "the token in use is missing"),
    (without(TWILIO, "ANLIN_PUBLIC_URL"), "needs ANLIN_PUBLIC_URL"),
    ({**TWILIO, "ANLIN_PUBLIC_URL": "http://anlin.example.org"}, "needs ANLIN_PUBLIC_URL"),
    ({**TWILIO, "ANLIN_SIMULATOR": "on"}, "together with a real account"),
    ({**TELEGRAM, "ANLIN_SIMULATOR": "on"}, "together with a real account"),
    ({"ANLIN_PORT": "8001"}, "need a port each"),
]


@pytest.mark.parametrize(("environ", "words"), TOGETHER)
def test_settings_that_do_not_go_together_are_one_fault(environ: dict[str, str], words: str) -> None:
    [fault] = faults_of(environ)
    assert words in fault


def test_a_value_that_cannot_be_used_draws_no_second_fault_about_its_absence() -> None:
    [fault] = faults_of({**TWILIO, "ANLIN_TWILIO_FROM": "12345"})
    assert fault.startswith("ANLIN_TWILIO_FROM is '12345'")


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    toml = tmp_path / "anlin.toml"
    toml.write_text('prot = 8000\nlog_level = "loud"\n')
    told = faults_of({"ANLIN_PORT": "x", "ANLIN_TWILLIO_FROM": "+99910012345", "ANLIN_TELEGRAM_SECRET": "s3cret"}, toml)
    names = (
        "prot in anlin.toml",
        "log_level in anlin.toml",
        "ANLIN_PORT is 'x'",
        "ANLIN_TWILLIO_FROM is not",
        "without ANLIN_TELEGRAM_TOKEN",
    )
    assert len(told) == len(names)
    assert all(any(name in fault for fault in told) for name in names)


# Names and the file


@pytest.mark.parametrize(
    ("name", "nearest"), [("ANLIN_TWILIO_SID", "ANLIN_TWILIO_"), ("ANLIN_DATABSE_URL", "ANLIN_DATABASE_URL"), ("ANLIN_port", "ANLIN_PORT")]
)
def test_an_unknown_name_is_a_fault_that_says_which_is_nearest(name: str, nearest: str) -> None:
    [fault] = faults_of({name: "1"})
    assert f"perhaps {nearest}" in fault


def test_a_name_like_no_other_is_a_fault_without_a_guess() -> None:
    assert faults_of({"ANLIN_ZZZZZZZZZZ": "1"}) == ("ANLIN_ZZZZZZZZZZ is not a setting.",)


def test_names_of_others_and_of_the_tests_are_left_alone() -> None:
    read({"PATH": "/bin", "ANLIN_TEST_POSTGRES_URL": "postgresql://here/anlin", "ANLIN_CONFIG": "anlin.toml"}, None)


def test_the_environment_wins_over_the_file_and_an_empty_value_is_not_given(tmp_path: Path) -> None:
    toml = tmp_path / "anlin.toml"
    toml.write_text('port = 9000\nhost = "::1"\nlog_level = ""\n', encoding="utf-8")
    settings = read({"ANLIN_PORT": "9001", "ANLIN_HOST": " "}, toml)
    assert (settings.port, settings.host, settings.log_level) == (9001, "::1", "info")
    assert settings.public_url == "http://[::1]:9001"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port = ", "is not TOML"),
        (b'host = "\xff"', "is not TOML"),
        (b"[twilio]\nfrom = 1", "twilio in anlin.toml is not a setting"),
        (b"simulator = true", "words in quotation marks"),
        (b"PORT = 8000", "perhaps port is meant"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_fault(content: bytes, words: str, tmp_path: Path) -> None:
    toml = tmp_path / "anlin.toml"
    toml.write_bytes(content)
    [fault] = faults_of({}, toml)
    assert words in fault


def test_a_file_that_is_named_must_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANLIN_CONFIG", str(tmp_path / "elsewhere.toml"))
    with pytest.raises(SettingsFault, match=r"elsewhere\.toml cannot be read"):
        load()


def test_the_file_of_the_working_directory_is_read_without_being_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANLIN_CONFIG", raising=False)
    monkeypatch.delenv("ANLIN_WEB_THREADS", raising=False)
    Path("anlin.toml").write_text("web_threads = 3\n", encoding="utf-8")
    assert load().web_threads == 3


# What follows


def test_nothing_needs_to_be_given() -> None:
    settings = read({}, None)
    home = Path("data").absolute()
    assert settings.database_url == f"sqlite:///{home}/anlin.db"
    assert settings.sealing_key_file == home / "sealing.key"
    assert settings.public_url == "http://127.0.0.1:8000"
    assert settings.simulator_on
    assert str(settings.zone) == "Asia/Shanghai"
    assert settings.media_max_bytes == 20_000_000


def test_the_hooks_lie_under_the_public_address() -> None:
    settings = read({**TWILIO, "ANLIN_PUBLIC_URL": "https://anlin.example.org/safe/"}, None)
    assert settings.sms_hook_url == "https://anlin.example.org/safe/hooks/twilio/sms"
    assert settings.status_hook_url == "https://anlin.example.org/safe/hooks/twilio/status"


def test_who_listens_on_every_network_is_not_reached_under_that_name() -> None:
    assert read({"ANLIN_HOST": "0.0.0.0"}, None).public_url == "http://127.0.0.1:8000"


@pytest.mark.parametrize("given", ["postgres://a:b@here/anlin", "postgresql://a:b@here/anlin", "postgresql+psycopg://a:b@here/anlin"])
def test_postgresql_is_always_spoken_to_with_the_driver_that_is_installed(given: str) -> None:
    assert read({"ANLIN_DATABASE_URL": given}, None).database_url == "postgresql+psycopg://a:b@here/anlin"


def test_a_telegram_token_alone_polls_and_a_secret_makes_it_a_hook() -> None:
    assert read(TELEGRAM, None).telegram_polls
    hooked = {**TELEGRAM, "ANLIN_TELEGRAM_SECRET": "s3cret", "ANLIN_PUBLIC_URL": "https://anlin.example.org"}
    assert not read(hooked, None).telegram_polls
    assert not read({}, None).telegram_polls


SIMULATOR = [
    ({}, True),
    ({"ANLIN_SIMULATOR": "off"}, False),
    ({"ANLIN_SIMULATOR": "ON"}, True),
    (TWILIO, False),
    (TELEGRAM, False),
    ({**TWILIO, "ANLIN_TWILIO_API_BASE": "http://127.0.0.1:8001"}, False),
    ({**TWILIO, "ANLIN_TWILIO_API_BASE": "http://localhost:8001", "ANLIN_SIMULATOR": "on"}, True),
]


@pytest.mark.parametrize(("environ", "on"), SIMULATOR)
def test_the_simulator_runs_when_it_is_asked_for_or_when_nobody_has_an_account(environ: dict[str, str], on: bool) -> None:
    assert read(environ, None).simulator_on is on


def test_an_account_on_this_machine_is_a_rehearsal_and_needs_no_public_address() -> None:
    rehearsed = {**without(TWILIO, "ANLIN_PUBLIC_URL"), "ANLIN_TWILIO_API_BASE": "http://127.0.0.1:8001"}
    assert read(rehearsed, None).public_url == "http://127.0.0.1:8000"


def test_a_port_that_the_system_chose_moves_only_a_public_address_that_followed_from_it() -> None:
    assert on_port(read({"ANLIN_PORT": "0"}, None), 4711).public_url == "http://127.0.0.1:4711"
    named = read({"ANLIN_PORT": "0", "ANLIN_PUBLIC_URL": "https://anlin.example.org"}, None)
    assert on_port(named, 4711).public_url == "https://anlin.example.org"


def test_settings_made_by_hand_are_filled_in_like_those_that_are_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, simulator="on")
    assert settings.simulator is Simulator.ON
    assert settings.database_url == f"sqlite:///{tmp_path}/anlin.db"


# Secrets


def test_no_secret_is_shown_when_settings_are_printed_or_refused() -> None:
    secrets = {
        **TWILIO,
        **TELEGRAM,
        "ANLIN_TWILIO_AUTH_TOKEN_PREVIOUS": "an-older-token",
        "ANLIN_TELEGRAM_SECRET": "s3cret-of-the-hook",
        "ANLIN_DATABASE_URL": "postgresql://anlin:pass-word@here/anlin",
    }
    shown = repr(read(secrets, None)) + str(read(secrets, None))
    told = " ".join(
        faults_of(
            {
                "ANLIN_TELEGRAM_TOKEN": "an-invented-key",
                "ANLIN_TELEGRAM_SECRET": "s3cret of the hook",
                "ANLIN_DATABASE_URL": "mysql://anlin:pass-word@here/anlin",
            }
        )
    )
    for secret in ("a-token-nobody-has", "an-invented-key", "an-older-token", "s3cret", "pass-word"):
        assert secret not in shown
        assert secret not in told


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(FrozenInstanceError):
        read({}, None).port = 1  # type: ignore[misc]


def test_every_setting_has_a_sentence_and_a_name() -> None:
    for setting in fields(Settings):
        assert setting.metadata["help"].endswith(".")
        assert environment_name(setting) == f"ANLIN_{setting.name.upper()}"
