#!/usr/bin/env bash
# Puts the course beside The Littlest JupyterHub: its environment, one pose model for all, the hub's settings.
# Again after each update of the course:  sudo bash /opt/ballet/teaching/hub/tljh/install_course.sh
set -euo pipefail

course=/opt/ballet
hub=/opt/tljh/hub/bin/python
python=$course/.venv/bin/python

stop() {
    echo "$1" >&2
    exit 1
}

[[ $(id -u) == 0 ]] || stop "This writes to /opt. Run it with sudo."
[[ -f $course/requirements.lock ]] || stop "The course is not in $course. Clone it there: README.md, step 3."
[[ -x $hub ]] || stop "The Littlest JupyterHub is not in /opt/tljh. Install it first: README.md, step 2."

apt-get update -q
apt-get install -q -y --no-install-recommends \
    python3-venv make git ffmpeg libgl1 libglib2.0-0 libegl1 libgles2

make -C "$course" .venv/.ready

# A learner's server speaks to the hub, so it takes the hub's version and not the one our tests are locked to.
version=$("$hub" -c 'from importlib.metadata import version; print(version("jupyterhub"))')
"$python" -m pip install --disable-pip-version-check "jupyterhub==$version" nbgitpuller

# Learners cannot write here, so without this Python would compile the library at each of their imports.
"$python" -m compileall -q "$course/ballet_lib"
BALLET_CACHE=$course/models "$python" -c 'from ballet_lib.pose_model import pose_model; print(pose_model())'

install -D -m 600 "$course/teaching/hub/tljh/jupyterhub_config.d/ballet.py" \
    /opt/tljh/config/jupyterhub_config.d/ballet.py
tljh-config reload
