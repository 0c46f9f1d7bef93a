"""
Set up an isolated environment from the lock, then do a job in it.

    python3 tools/bootstrap.py demo | test | lint | setup

Needs python3 (3.11 to 3.13) and pip, nothing else; the Makefile calls it, and
where there is no make it is called by hand. A second call with an unchanged
lock touches no network.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
BIN = VENV / ("Scripts" if WINDOWS else "bin")
PYTHON = BIN / ("python.exe" if WINDOWS else "python")
LOCK = ROOT / "requirements.lock"
READY = VENV / ".ready"
GOMP = VENV / "gomp"

JOBS = {
    "setup": [],
    "demo": [["geoprospect", "run", "pipelines/sample.yaml", "--out", "runs/sample"]],
    "test": [
        ["python", "-m", "pytest", "-n", "logical", "--maxprocesses", "4", "--dist", "loadfile"]
    ],
    "lint": [
        ["ruff", "format", "--check", "."],
        ["ruff", "check", "."],
        ["mypy"],
        ["lint-imports"],
        ["yamllint", "--strict", "-c", "deploy/.yamllint.yaml", "deploy"],
        ["shellcheck", "deploy/slurm/run.sbatch"],
    ],
}


def main() -> int:
    """Set up, then run the commands of one job; the first failing one ends it."""
    job, *extra = sys.argv[1:] or ["setup"]
    if job not in JOBS:
        print(f"unknown job {job!r}; one of: {', '.join(JOBS)}", file=sys.stderr)
        return 2
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        print(
            f"geoprospect needs Python 3.11 to 3.13, this is {sys.version.split()[0]}; "
            "name another, for example: make demo PY=python3.12",
            file=sys.stderr,
        )
        return 1
    set_up()
    environment = run_environment()
    for name, *arguments in JOBS[job]:
        command = [str(BIN / name), *arguments, *extra]
        code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        if code:
            return code
    return 0


def set_up() -> None:
    """Make .venv from the lock, unless it stands as the lock says."""
    wanted = digest()
    if READY.is_file() and READY.read_text(encoding="ascii") == wanted:
        return
    print("setting up .venv from requirements.lock (once; needs the network)", flush=True)
    make_venv()
    pip("install", "--quiet", "uv")
    install()
    lend_gomp()
    READY.write_text(wanted, encoding="ascii")


def digest() -> str:
    """What the environment depends on: the lock, the project file, the interpreter."""
    content = LOCK.read_bytes() + (ROOT / "pyproject.toml").read_bytes() + sys.version.encode()
    return hashlib.sha256(content).hexdigest()


def make_venv() -> None:
    """An environment without pip of its own: ensurepip is missing on a bare Debian."""
    if PYTHON.exists():
        found = subprocess.run(
            [str(PYTHON), "-c", "import sys; print(sys.version)"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if found.stdout.strip() == sys.version:
            return
    shutil.rmtree(VENV, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(VENV)], check=True)


def pip(*arguments: str) -> None:
    """The pip of the outer Python, at work on the environment."""
    command = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    subprocess.run([*command, "--disable-pip-version-check", *arguments], check=True)


def install() -> None:
    """The locked packages and, without its dependencies, this one."""
    environment = dict(os.environ)
    mirror = environment.get("PIP_INDEX_URL")
    if mirror:
        environment.setdefault("UV_DEFAULT_INDEX", mirror)
    uv = [str(BIN / "uv"), "pip", "install", "--quiet", "--python", str(PYTHON)]
    for what in (["-r", str(LOCK)], ["--no-deps", "-e", str(ROOT)]):
        if subprocess.run([*uv, *what], env=environment, check=False).returncode:
            print("uv could not install; trying pip", flush=True)
            pip("install", "--quiet", *what)


def lend_gomp() -> None:
    """LightGBM needs libgomp.so.1; where the system has none, lend it scikit-learn's copy."""
    if not sys.platform.startswith("linux"):
        return
    probe = "import ctypes; ctypes.CDLL('libgomp.so.1')"
    silent = subprocess.DEVNULL
    if subprocess.run([str(PYTHON), "-c", probe], stderr=silent, check=False).returncode == 0:
        return
    bundled = sorted(VENV.glob("lib/python3*/site-packages/scikit_learn.libs/libgomp*"))
    if bundled:
        GOMP.mkdir(exist_ok=True)
        link = GOMP / "libgomp.so.1"
        link.unlink(missing_ok=True)
        link.symlink_to(bundled[0])


def run_environment() -> dict[str, str]:
    """The environment variables of a job."""
    environment = dict(os.environ, PYTHONUTF8="1")
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"
    if GOMP.is_dir():
        paths = [str(GOMP), environment.get("LD_LIBRARY_PATH", "")]
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, paths))
    return environment


if __name__ == "__main__":
    sys.exit(main())
