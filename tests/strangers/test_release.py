"""The packages as a stranger gets them: built, installed outside the checkout, and served."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract_tests.api import MINIMAL, Api
from mock_server import fixtures
from mock_server.fixture_files.folder import write_folder

CHECKOUT = Path(__file__).resolve().parents[2]
# What an installation consists of; a file that is missing or has come along by accident shows up in the comparison.
SHIPPED = {"mock_server": "mock_server", "contract_tests": "contract_tests", "openapi": "mock_server/_data/openapi",
           "fixtures": "mock_server/_data/fixtures"}  # fmt: skip


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(CHECKOUT)], check=True, capture_output=True,
        timeout=300,
    )  # fmt: skip
    return folder


def tracked() -> set[str]:
    """The files of the shipped folders, under the names that they have once installed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *SHIPPED], cwd=CHECKOUT, check=True,
        capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    return {f"{SHIPPED[top]}/{rest}" for top, _, rest in (name.partition("/") for name in listed) if rest}


def documents() -> set[str]:
    """The tracked files that people read."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "docs", "examples", "*.md", ":!tests", ":!fixtures", ":!openapi"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    return set(listed)


def test_wheel_holds_exactly_the_shipped_files(packages: Path) -> None:
    """Nothing is missing, nothing came along, and no generic name lands in site-packages."""
    (wheel,) = packages.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == tracked()


def test_sdist_can_be_built_from(packages: Path) -> None:
    """The sdist holds the data, the licence, and the documents with all that they link to, beside the code."""
    (sdist,) = packages.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    files = {name for name in names if Path(name).suffix and "egg-info" not in name}
    packaged = {name for name in files if name.partition("/")[0] in SHIPPED}
    assert {f"{SHIPPED[top]}/{rest}" for top, _, rest in (name.partition("/") for name in packaged)} == tracked()
    assert files - packaged - {"setup.cfg"} == {"pyproject.toml", "MANIFEST.in"} | documents()
    assert "LICENSE" in names


@pytest.fixture(scope="module")
def installed(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The bin folder of a new environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=True)
    (wheel,) = packages.glob("*.whl")
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, timeout=300, cwd=folder)
    yield folder / "bin"


def test_installed_wheel_serves_and_judges(installed: Path, tmp_path: Path) -> None:
    """`minimax-mock serve` makes a video outside the checkout, and the shipped contract tests judge it by its URL."""
    environment = {"PATH": os.environ["PATH"], "MINIMAX_MOCK_PROGRESS": "polls:2"}
    process = subprocess.Popen(
        [installed / "minimax-mock", "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, cwd=tmp_path, env=environment,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        api = Api(url, "k-1")
        task_id = api.create(MINIMAL).json["task_id"]
        api.query(task_id)
        link = api.retrieve(api.query(task_id).json["file_id"]).json["file"]["download_url"]
        assert Api(url, None).send("GET", link).content[4:8] == b"ftyp"
        judged = subprocess.run(
            [installed / "python", "-m", "pytest", "--pyargs", "contract_tests", "--minimax-url", url, "-q",
             "-p", "no:cacheprovider"],
            capture_output=True, text=True, timeout=120, cwd=tmp_path, env=environment, check=False,
        )  # fmt: skip
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
        process.communicate()
    assert judged.returncode == 0, judged.stdout[-3000:]
    assert " passed" in judged.stdout


def test_installed_wheel_writes_the_same_fixtures(installed: Path, tmp_path: Path) -> None:
    """Whoever has only the package gets what the checkout has, and finds it in Python too."""
    subprocess.run(
        [installed / "minimax-mock", "fixtures", "theirs"], check=True, capture_output=True, timeout=60, cwd=tmp_path
    )
    write_folder(tmp_path / "ours")
    assert (tmp_path / "theirs" / "index.json").read_text() == (tmp_path / "ours" / "index.json").read_text()
    code = "from mock_server import fixtures; print(*(each.file for each in fixtures() if each.data is not None))"
    listed = subprocess.run(
        [installed / "python", "-c", code], check=True, capture_output=True, text=True, timeout=60, cwd=tmp_path
    ).stdout.split()
    assert listed == [each.file for each in fixtures()]


def test_a_real_host_is_never_judged(installed: Path, tmp_path: Path) -> None:
    """A create at the real service costs money, so the suite refuses its hosts."""
    done = subprocess.run(
        [installed / "python", "-m", "pytest", "--pyargs", "contract_tests", "--minimax-url",
         "https://api.minimax.io", "-q", "-x", "-p", "no:cacheprovider"],
        capture_output=True, text=True, timeout=120, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 4
    assert "this is the real service" in done.stderr
