"""
A run on SLURM whose workers come and go as the queue allows, by dask-jobqueue.

    python deploy/slurm/jobqueue.py PIPELINE OUT

Start it where a program may run for long and every node can reach it (a login or
service node). It needs ``pip install dask-jobqueue``; pipeline file, data and run folder
lie on storage that every node sees. Started again, a run goes on where it stopped.
"""

from __future__ import annotations

import subprocess
import sys

from dask_jobqueue import SLURMCluster

WORKER = {
    "cores": 16,
    "processes": 1,
    "memory": "64GB",
    "walltime": "04:00:00",
    # a worker leaves before its job is ended, and hands its blocks over
    "worker_extra_args": ["--lifetime", "230m", "--lifetime-stagger", "8m"],
    "job_script_prologue": ["export OMP_NUM_THREADS=1"],
}
"""One job of the queue; add queue, account, interface, local_directory as your site asks."""


def main() -> int:
    """Start a cluster of one to sixteen jobs, and the run on it."""
    pipeline, out = sys.argv[1:]
    with SLURMCluster(**WORKER) as cluster:
        cluster.adapt(minimum_jobs=1, maximum_jobs=16)
        run = ["geoprospect", "run", pipeline, "--out", out]
        command = [*run, "--scheduler", cluster.scheduler_address]
        return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
