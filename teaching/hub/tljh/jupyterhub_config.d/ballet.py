"""What The Littlest JupyterHub is told beside config.yaml: learners' servers run from the course's own .venv.

`install_course.sh` puts this file into /opt/tljh/config/jupyterhub_config.d, which the hub reads last.
"""

COURSE = "/opt/ballet"
CORES = "2"  # as limits.cpu in config.yaml
IDLE = 3600  # seconds until a kernel is ended that nobody has a page of open

c = get_config()  # noqa: F821 (JupyterHub provides it)

# The widgets' browser side comes from the server's environment, so the server must be the course's as well,
# not only the kernel. TLJH's own environment, with another Python, is left as it is.
c.Spawner.cmd = [f"{COURSE}/.venv/bin/jupyterhub-singleuser"]
c.SystemdSpawner.extra_paths = [f"{COURSE}/.venv/bin", "/opt/tljh/user/bin"]
c.Spawner.default_url = "/lab"
c.Spawner.args = [
    f"--LabApp.app_settings_dir={COURSE}/tools/lab_settings",
    f"--MappingKernelManager.cull_idle_timeout={IDLE}",
    "--MappingKernelManager.cull_interval=300",
]
c.Spawner.environment = {
    "BALLET_POSE_MODEL": f"{COURSE}/models/pose_landmarker_full.task",  # fetched once, for all
    # Libraries count the machine's cores, not the learner's share, and would start a thread for each.
    "OMP_NUM_THREADS": CORES,
    "TF_NUM_INTRAOP_THREADS": CORES,
    "TF_NUM_INTEROP_THREADS": CORES,
    "LOKY_MAX_CPU_COUNT": CORES,
}
c.Spawner.start_timeout = 120  # thirty servers that start in the same minute
c.Spawner.http_timeout = 120
