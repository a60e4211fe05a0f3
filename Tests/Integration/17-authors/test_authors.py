"""What `dsotp plugin new` writes builds and passes its test out of tree, with nothing of the platform but an installed PluginAPI."""

import shutil
import subprocess

import pytest
from conftest import DSOTP, REPOSITORY, wait_until


@pytest.fixture
def sdk(tmp_path):
    """PluginAPI alone, as a package of it would install it."""
    folder = tmp_path / "opt" / "dsotp"
    shutil.copytree(REPOSITORY / "PluginAPI", folder / "PluginAPI", ignore=shutil.ignore_patterns(".build"))
    return folder


def make(sdk, folder, language):
    folder.mkdir(parents=True)
    made = subprocess.run(
        [DSOTP, "plugin", "new", "limit-watch", "--language", language, "--sdk", sdk], cwd=folder, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return folder / "limit-watch"


def run(command, folder, seconds):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=seconds)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def validate(library, manifest):
    done = subprocess.run([DSOTP, "plugin", "validate", library, "--manifest", manifest], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and "warning " not in done.stdout, done.stdout + done.stderr


def test_a_service_in_c_is_made_tested_validated_and_run_in_a_site(sdk, tmp_path, site, start):
    folder = make(sdk, tmp_path / "elsewhere", "c")
    assert "all tests passed" in run(["make", "test"], folder, 120)
    validate(folder / "liblimit_watch.so", folder / "limit-watch.yaml")
    plugins = tmp_path / "plugins"
    plugins.mkdir(mode=0o755)
    shutil.copy(folder / "liblimit_watch.so", plugins)
    shutil.copy(folder / "limit-watch.yaml", site / "services")
    text = (site / "site.yaml").read_text()
    (site / "site.yaml").write_text(text.replace("folders: []", f"folders: [{plugins}]"))
    platform = start()
    wait_until(lambda: platform.service("limit-watch")["state"] == "running", "the new service to run")


def test_a_service_in_swift_is_made_tested_and_validated(sdk, tmp_path):
    folder = make(sdk, tmp_path / "elsewhere", "swift")
    run(["swift", "build", "--build-tests"], folder, 900)
    run(["swift", "test", "--skip-build"], folder, 300)
    validate(folder / ".build" / "debug" / "libLimitWatch.so", folder / "limit-watch.yaml")
