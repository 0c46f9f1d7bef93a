"""What deploy/ shows would start: checked by the schemas and linters of those who read it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import kubernetes_validate
import pytest
import yaml

DEPLOY = Path(__file__).parents[2] / "deploy"
BIN = Path(sys.executable).parent
OLDEST = "1.30"
"""The oldest Kubernetes that the manifests are held to."""


def manifest(name: str) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "kubernetes" / name).read_text("utf-8"))
    return read


def tool(name: str) -> str:
    found = shutil.which(name, path=os.pathsep.join((str(BIN), os.environ["PATH"])))
    if found is None:
        pytest.skip(f"{name} has no wheel for this system")
    return found


def checked(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# --- Kubernetes ---------------------------------------------------------------------------


def test_the_job_is_one_to_kubernetes():
    kubernetes_validate.validate(manifest("run.yaml"), OLDEST, strict=True)


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_the_pods_of_the_cluster_are_such_to_kubernetes(role):
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": role}}
    spec = manifest("cluster.yaml")["spec"][role]["spec"]
    kubernetes_validate.validate(pod | {"spec": spec}, OLDEST, strict=True)


def test_the_run_finds_the_scheduler():
    cluster, job = manifest("cluster.yaml"), manifest("run.yaml")
    name = cluster["metadata"]["name"]
    service = cluster["spec"]["scheduler"]["service"]
    core = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": service}
    kubernetes_validate.validate(core, OLDEST, strict=True)
    assert service["selector"]["dask.org/cluster-name"] == name
    (container,) = cluster["spec"]["scheduler"]["spec"]["containers"]
    open_ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    ports = {port["targetPort"]: port["port"] for port in service["ports"]}
    assert ports.keys() == open_ports.keys()
    arguments = job["spec"]["template"]["spec"]["containers"][0]["args"]
    # the operator calls the service <cluster>-scheduler
    assert arguments[-2:] == ["--scheduler", f"tcp://{name}-scheduler:{ports['tcp-comm']}"]


def test_all_pods_are_of_one_image_and_know_the_store():
    pods = [manifest("cluster.yaml")["spec"][role]["spec"] for role in ("scheduler", "worker")]
    pods.append(manifest("run.yaml")["spec"]["template"]["spec"])
    containers = [container for pod in pods for container in pod["containers"]]
    assert len({container["image"] for container in containers}) == 1
    known = [container.get("envFrom") for container in containers[1:]]
    assert known == [[{"secretRef": {"name": "object-store"}}]] * 2


# --- linters --------------------------------------------------------------------------------


def test_the_image_is_as_hadolint_wants_it():
    checked(tool("hadolint"), DEPLOY / "Dockerfile")


def test_the_manifests_are_as_yamllint_wants_them():
    checked(tool("yamllint"), "--strict", "-c", DEPLOY / ".yamllint.yaml", DEPLOY)


def test_the_batch_script_is_as_shellcheck_wants_it():
    checked(tool("shellcheck"), DEPLOY / "slurm" / "run.sbatch")


def test_the_image_holds_what_it_is_built_from():
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    copied = [
        source
        for line in (DEPLOY / "Dockerfile").read_text("utf-8").splitlines()
        if line.startswith("COPY") and "--from" not in line
        for source in line.split()[1:-1]
    ]
    assert sorted(copied) == sorted(line[1:] for line in ignored if line.startswith("!"))
    assert all((DEPLOY.parent / source).exists() for source in copied)


# --- SLURM ----------------------------------------------------------------------------------

STUBS = {
    # SLURM's own, which starts its command on every node: here once, on this machine
    "srun": '#!/bin/sh\nwhile [ "${1#--}" != "$1" ]; do shift; done\nexec "$@"\n',
    "hostname": "#!/bin/sh\necho 127.0.0.1\n",
    "geoprospect": (
        f"#!{sys.executable}\n"
        "import sys\n"
        "from pathlib import Path\n"
        "from distributed import Client\n"
        "verb, plan, _, out, _, address = sys.argv[1:]\n"
        "with Client(address, timeout=60) as client:\n"
        "    client.wait_for_workers(1, timeout=60)\n"
        "    (worker,) = client.scheduler_info()['workers'].values()\n"
        "    told = [verb, plan, worker['nthreads'], worker['memory_limit'] // 2**20]\n"
        "    Path(out).write_text(' '.join(map(str, told)), encoding='utf-8')\n"
    ),
}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="SLURM knows no Windows")
def test_the_batch_job_starts_a_cluster_runs_on_it_and_takes_it_down(tmp_path):
    for name, text in STUBS.items():
        stub = tmp_path / name
        stub.write_text(text, encoding="utf-8")
        stub.chmod(0o755)
    job = 20_000 + os.getpid() % 10_000
    slurm = {"SLURM_JOB_ID": str(job), "SLURM_CPUS_PER_TASK": "2", "SLURM_MEM_PER_NODE": "1000"}
    path = os.pathsep.join((str(tmp_path), str(BIN), os.environ["PATH"]))
    done = subprocess.run(
        ["bash", DEPLOY / "slurm" / "run.sbatch", "plan.yaml", tmp_path / "out"],
        env=os.environ | slurm | {"PATH": path, "TMPDIR": str(tmp_path)},
        capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out").read_text(encoding="utf-8") == "run plan.yaml 2 900"
    with socket.socket() as knock:
        assert knock.connect_ex(("127.0.0.1", 20_000 + job % 20_000)) != 0


def test_the_workers_of_the_queue_are_as_shellcheck_wants_them(tmp_path):
    from dask_jobqueue.slurm import SLURMJob

    worker = SLURMJob(scheduler="tcp://127.0.0.1:8786", name="worker", **jobqueue().WORKER)
    script = tmp_path / "worker.sh"
    script.write_text(worker.job_script(), encoding="utf-8")
    checked(tool("shellcheck"), script)
    told = script.read_text(encoding="utf-8")
    assert "#SBATCH --cpus-per-task=16" in told
    assert "export OMP_NUM_THREADS=1" in told
    assert "--nthreads 16" in told
    assert "--lifetime 230m" in told


def jobqueue() -> ModuleType:
    """The program in deploy/, which is no package."""
    spec = importlib.util.spec_from_file_location("jobqueue", DEPLOY / "slurm" / "jobqueue.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
