"""The Teams app's package, held against Microsoft's own schemas (npm @microsoft/app-manifest)."""

import io
import json
import os
import shutil
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from bot.domain.commands import parse_command
from bot.manifest import ManifestError, build, manifest
from tests.settings import GUID, settings

ROOT = Path(__file__).resolve().parents[1]
NPM = ROOT / "tests" / "npm"
SCHEMAS = NPM / "node_modules/@microsoft/app-manifest/build/json-schemas/teams"
CHECK = """
const Ajv = require('ajv-draft-04'), formats = require('ajv-formats'), fs = require('fs');
const [schema, manifest] = JSON.parse(fs.readFileSync(0));
const ajv = new Ajv({strict: false, allErrors: true});
formats(ajv);
const check = ajv.compile(schema);
process.stdout.write(JSON.stringify(check(manifest) ? [] : check.errors));
"""


def objections(version: str, content: dict[str, Any]) -> list[Any]:
    """What Microsoft's schema of that version has against the manifest."""
    schema = json.loads((SCHEMAS / f"v{version}" / "MicrosoftTeams.schema.json").read_text())
    path = f"{ROOT / '.venv/bin'}:{os.environ.get('PATH', '')}"
    node = shutil.which("node", path=path)
    assert node, "node is missing: make test installs it"
    done = subprocess.run(
        [node, "-e", CHECK],
        input=json.dumps([schema, content]),
        cwd=NPM,
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def versions() -> list[str]:
    """The schema versions that Microsoft has published, oldest first."""
    if not SCHEMAS.is_dir():
        reason = "Microsoft's schemas are missing: make test installs them"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    numbers = [path.name[1:] for path in SCHEMAS.glob("v[0-9]*")]
    return sorted(numbers, key=lambda number: [int(part) for part in number.split(".")])


def test_microsofts_schema_has_nothing_against_the_manifest(versions: list[str]) -> None:
    content = manifest(settings())
    assert content["manifestVersion"] in versions
    assert objections(content["manifestVersion"], content) == []


def test_the_newest_schema_would_take_the_same_content(versions: list[str]) -> None:
    newest = versions[-1]
    address = (
        f"https://developer.microsoft.com/json-schemas/teams/v{newest}/MicrosoftTeams.schema.json"
    )
    content = manifest(settings()) | {"manifestVersion": newest, "$schema": address}
    assert objections(newest, content) == []


def test_the_check_notices_a_wrong_manifest(versions: list[str]) -> None:
    content = manifest(settings())
    content["bots"][0]["scopes"] = ["everywhere"]
    assert objections(content["manifestVersion"], content) != []


def test_the_bot_is_offered_in_teams_group_chats_and_personal_chats() -> None:
    bot = manifest(settings())["bots"][0]
    assert set(bot["scopes"]) == {"team", "groupChat", "personal"}
    assert bot["botId"] == GUID


def test_the_app_asks_for_consent_to_read_threads_and_for_nothing_more() -> None:
    permissions = manifest(settings())["authorization"]["permissions"]["resourceSpecific"]
    assert {(p["name"], p["type"]) for p in permissions} == {
        ("ChannelMessage.Read.Group", "Application"),
        ("ChatMessage.Read.Chat", "Application"),
    }


def test_every_command_that_teams_offers_is_one_that_the_bot_knows() -> None:
    for offered in manifest(settings())["bots"][0]["commandLists"]:
        for command in offered["commands"]:
            assert parse_command(command["title"], {}) is not None, command["title"]


def test_a_name_with_braces_and_quotes_is_only_a_name() -> None:
    teams = settings().teams.model_copy(update={"bot_name": 'Ask "{app_id}"'})
    content = manifest(settings().model_copy(update={"teams": teams}))
    assert content["name"]["short"] == 'Ask "{app_id}"'


def test_the_same_settings_make_the_same_bytes() -> None:
    assert build(settings(), "1.0.0") == build(settings(), "1.0.0")


def test_the_zip_holds_the_manifest_and_its_icons_and_nothing_else() -> None:
    with zipfile.ZipFile(io.BytesIO(build(settings(), "1.2.3"))) as archive:
        content = json.loads(archive.read("manifest.json"))
        assert sorted(archive.namelist()) == sorted(["manifest.json", *content["icons"].values()])
    assert content["version"] == "1.2.3"


@pytest.mark.parametrize(
    ("changes", "version", "sentence"),
    [
        ({"manifest": {"privacy_url": "http://localhost/privacy"}}, None, "privacy_url.*https"),
        ({}, "1.0", "like 1.0.2"),
        ({}, "v1.0.0", "like 1.0.2"),
    ],
)
def test_what_teams_would_refuse_is_refused_here_with_a_reason(
    changes: dict[str, Any], version: str | None, sentence: str
) -> None:
    with pytest.raises(ManifestError, match=sentence):
        build(settings(**changes), version)


def pixels(name: str) -> tuple[int, set[tuple[int, ...]]]:
    """An icon's side and the RGBA values in it (unfiltered rows, as the script writes them)."""
    data = (ROOT / "manifest" / name).read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (width, depth, kind) == (height, 8, 6)
    start = data.index(b"IDAT") + 4
    raw = zlib.decompress(data[start:])
    row = width * 4 + 1
    assert all(raw[i * row] == 0 for i in range(height))
    points = [raw[i * row + 1 + x * 4 :][:4] for i in range(height) for x in range(width)]
    return width, {tuple(point) for point in points}


def test_the_icons_are_as_teams_wants_them() -> None:
    side, colours = pixels("color.png")
    assert side == 192
    assert {colour[3] for colour in colours} == {255}
    side, colours = pixels("outline.png")
    assert side == 32
    assert {colour[:3] for colour in colours} == {(255, 255, 255)}
    assert {0, 255} <= {colour[3] for colour in colours}
