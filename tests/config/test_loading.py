"""Reading the configuration file and the environment, and saying what is wrong with them."""

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bot.config import ConfigError, loading
from bot.config.loading import load

GUID = "00000000-1111-2222-3333-444444444444"
GOOD = f"""\
public_url = "https://computing.help.example/livechat"
help_page = "https://computing.help.example/"
secret_key_file = "secret_key"

[teams]
app_id = "{GUID}"
tenant_id = "{GUID}"
app_password = "swordfish"

[[teams.teams]]
id = "19:first@thread.tacv2"

[[teams.teams]]
id = "19:second@thread.tacv2"

[rt.rt]
url = "https://rt.example.org"
auth = "token"
token = "1-23-456"
"""


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in os.environ:
        if name.startswith("LIVECHAT_") or name == "CREDENTIALS_DIRECTORY":
            monkeypatch.delenv(name)
    monkeypatch.setattr(loading, "DEFAULT_FILE", tmp_path / "none.toml")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "secret_key").write_text("0123456789abcdefghijklmnopqrstuvwxyz\n")
    path = tmp_path / "livechat.toml"
    path.write_text(GOOD)
    return path


def problems(path: Path | None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return list(caught.value.problems)


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_the_file_is_read_and_a_secret_is_found_beside_it(file: Path) -> None:
    settings = load(file)
    assert settings.secret == b"0123456789abcdefghijklmnopqrstuvwxyz"
    assert [team.id for team in settings.teams.teams] == [
        "19:first@thread.tacv2",
        "19:second@thread.tacv2",
    ]


def test_the_environment_may_name_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_CONFIG", str(file))
    assert load().prefix == "/livechat"


def test_the_usual_file_is_read_when_none_is_named(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "DEFAULT_FILE", file)
    assert load().prefix == "/livechat"


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_SERVER__PORT", "1234")
    monkeypatch.setenv("LIVECHAT_RT__RT__STATUSES", '["resolved"]')
    monkeypatch.setenv("LIVECHAT_INVITATION__ROUTES", '["correspond", "copy"]')
    monkeypatch.setenv("LIVECHAT_TEAMS__TEAMS", '[{"id": "19:third@thread.tacv2"}]')
    settings = load(file)
    assert settings.server.port == 1234
    assert settings.rt["rt"].statuses == ("resolved",)
    assert settings.rt["rt"].url == "https://rt.example.org"
    assert [route.value for route in settings.routes] == ["correspond", "copy"]
    assert [team.id for team in settings.teams.teams] == ["19:third@thread.tacv2"]


def test_systemds_credentials_come_before_the_file_beside(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials" / "secret_key").write_text("zyxwvutsrqponmlkjihgfedcba9876543210")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "credentials"))
    assert load(file).secret.startswith(b"zyx")


@pytest.mark.parametrize("name", ["/etc/livechat/of_ours", "of_ours"])
@pytest.mark.parametrize("line", ['token_file = "{}"', 'token = "1-23-456"\nca_file = "{}"'])
def test_a_file_that_systemd_does_not_hand_over_is_told_with_the_units_line_for_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, line: str, name: str
) -> None:
    """The service's user may not even look whether there is one in /etc/livechat."""
    change(file, 'token = "1-23-456"', line.format(name))
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(file.parent))
    seen = os.stat

    def stat(path: Path, **more: bool) -> os.stat_result:
        if str(path).startswith("/etc/livechat/"):
            raise PermissionError(errno.EACCES, "Permission denied")
        return seen(path, **more)

    monkeypatch.setattr(os, "stat", stat)
    (problem,) = problems(file)
    assert "LoadCredential=of_ours:/etc/livechat/of_ours" in problem


def test_a_missing_file_is_named_and_how_to_name_another(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path / "gone.toml")
    assert "gone.toml: cannot be read" in problem
    assert "--config" in problem


def test_a_configuration_that_only_root_may_look_at_is_told_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As docs/operations.md lays it out: chmod 700 /etc/livechat."""

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "exists", denied)
    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(ConfigError, match=r"\.toml: cannot be read: Permission denied"):
        load()


def test_without_any_configuration_the_first_sentence_says_so() -> None:
    first, *rest = problems(None)
    assert first.startswith("There is no ")
    assert any("public_url: it is missing; write, for example" in problem for problem in rest)


def test_broken_toml_is_told_with_its_line(file: Path) -> None:
    change(file, 'auth = "token"', "auth = token")
    (problem,) = problems(file)
    assert "not TOML" in problem
    assert "line 18" in problem


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        (f'app_id = "{GUID}"', 'app_id = "bot"', 6, "teams.app_id: this is not an id of Entra's"),
        ("19:second@thread", "second@thread", 14, "teams.teams.1.id: this is not a team's id"),
        ('auth = "token"', 'autth = "token"', 18, "did you mean auth?"),
        ('token = "1-23-456"', "", 16, 'rt.rt.token_file: it is missing: auth = "token"'),
        ("/livechat", "", 1, "public_url: it needs a path of its own"),
        ('"secret_key"', '"no_such_file"', 3, "No such file"),
        ("[teams]", "[mail]\nport = 99999\n[teams]", 6, "mail.port: input should be less"),
        ("[teams]", "[mail]\nport = 25\n[teams]", 5, "mail.host: it is missing; write, for"),
        ("[teams]", '[sever]\nhost = "x"\n[teams]', 5, "sever: there is no such setting; did"),
        ("[teams]", '[invitation]\nroutes = ["mail"]\n[teams]', 6, "needs a section [mail]"),
    ],
)
def test_a_problem_is_told_with_its_line_and_setting(
    file: Path, old: str, new: str, line: int, words: str
) -> None:
    change(file, old, new)
    said = [problem for problem in problems(file) if words in problem]
    assert said, problems(file)
    assert f"{file}, line {line}: " in said[0]


def test_all_problems_are_told_at_once(file: Path) -> None:
    change(file, f'tenant_id = "{GUID}"', 'tenant_id = "?"')
    change(file, "https://rt.example.org", "rt.example.org")
    assert len(problems(file)) == 2


def test_a_problem_in_the_environment_is_told_by_the_variables_name(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVECHAT_SERVER__PORT", "many")
    monkeypatch.setenv("LIVECHAT_VISITORS__GRACE", "3")
    said = problems(file)
    assert any(p.startswith("LIVECHAT_SERVER__PORT in the environment: ") for p in said)
    assert any(p.startswith("LIVECHAT_VISITORS__GRACE in the environment: ") for p in said)


def test_a_misspelt_variable_is_refused(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVECHAT_PUBLICURL", "https://x.example/livechat")
    (problem,) = problems(file)
    assert problem.startswith("LIVECHAT_PUBLICURL in the environment")


def test_a_list_in_the_environment_that_is_no_json_is_explained(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIVECHAT_RT__RT__STATUSES", "[resolved]")
    (problem,) = problems(file)
    assert "written as JSON" in problem


def test_no_problem_gives_a_secret_away(file: Path) -> None:
    change(file, 'app_password = "swordfish"', 'app_password = ["swordfish"]')
    change(file, 'token = "1-23-456"', 'tokem = "1-23-456"')
    said = "\n".join(problems(file))
    assert "app_password" in said
    assert "tokem" in said
    assert "swordfish" not in said
    assert "1-23-456" not in said


def test_an_unreadable_secret_is_told_with_its_file(file: Path) -> None:
    secret = file.parent / "secret_key"
    secret.unlink()
    secret.mkdir()  # nobody, root neither, can read a folder as a file
    assert stat.S_ISDIR(secret.stat().st_mode)
    (problem,) = problems(file)
    assert f"cannot read {secret}" in problem


def test_importing_reads_nothing() -> None:
    environment = os.environ | {"LIVECHAT_CONFIG": "/nowhere.toml", "LIVECHAT_NONSENSE": "1"}
    command = [sys.executable, "-c", "import bot.config, bot.cli, bot.logs"]
    subprocess.run(command, env=environment, check=True)
