# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 13 · Scaling out
#
# ![One dancer, then four, then sixteen, then so many that they are dots](../docs/pictures/scaling_out.jpg)
#
# **You have one machine. What does it take for a class of thirty, and for a million clips?**

# %% [markdown]
# **You will**
#
# - *measure* where the time goes before you add a single worker,
# - *predict* with Amdahl's law what workers bring, and *check* it,
# - *send* the same call to one process, to two, and to a Dask cluster,
# - *kill* a worker in the middle, and *show* that every video is done once,
# - *calculate* the machine for thirty learners and the hours for a million clips.
#
# **You need** lessons 01 and 06.
#
# **Time** {{minutes}}

# %%
import subprocess
import sys
import threading
import time
from itertools import islice
from math import ceil
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import psutil
from distributed import LocalCluster
from ipywidgets import SelectionSlider, interact
from joblib.externals.loky import get_reusable_executor

from ballet_lib import DATASETS
from ballet_lib.extraction import extract_all, output_names
from ballet_lib.plots import scaling
from ballet_lib.pose import PoseExtractor
from ballet_lib.pose_sequence import PoseSequence
from ballet_lib.takes import TakeSet
from ballet_lib.tuning import bracket_table, tune
from ballet_lib.video import probe, read_frames, write_video

home = Path(mkdtemp(prefix="lesson-13-"))
rng = np.random.default_rng(0)
cores = psutil.cpu_count()
print(f"{cores} cores, {psutil.virtual_memory().total / 1e9:.0f} GB of memory")

# %% [markdown]
# ## Measure before you scale
#
# The work: twelve short clips, cut out of one routine, each to become a pose file.

# %%
LENGTH = 40
routine = read_frames(DATASETS / "r01_routine_1.mp4")
clips = [
    write_video(home / f"clip_{n:02}.mp4", islice(routine, LENGTH), fps=20)
    for n in range(12)
]
print(f"{len(clips)} clips of {LENGTH} frames, {probe(clips[0]).seconds:.0f} s each")

# %% [markdown]
# A video is opened, **decoded** frame by frame, shown to the pose model, and its landmarks are written. We hold a watch to each part.


# %%
def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def look_at(stream, pictures):
    for picture in pictures:
        stream.frame(picture)


# %% [markdown]
# **Predict** Which part takes longest, and how many times as long as the next one?

# %%
frames = list(read_frames(clips[0]))
with PoseExtractor() as extractor:
    extractor.image(frames[0])  # the first use loads MediaPipe: once a process
    open_model = seconds(extractor.stream)
    poses = extractor.video(clips[0], progress=False)
    took = {
        "open the model": open_model,
        "decode": seconds(lambda: list(read_frames(clips[0]))),
        "find the pose": seconds(lambda: look_at(extractor.stream(), frames)),
        "write": seconds(lambda: poses.save(home / "one.npz")),
    }
whole = sum(took.values())
slowest = max(took, key=took.get)
scaling.parts(
    {part: 1000 * spent for part, spent in took.items()},
    unit="ms",
    title=f"Of {1000 * whole:.0f} ms for a clip, “{slowest}” takes {took[slowest] / whole:.0%}",
)

# %% [markdown]
# *One bar cut into four pieces, milliseconds of one clip: opening the model, decoding, finding the pose, writing.*
#
# **Why does it matter?** A disk twice as fast would shorten the last piece. A better codec the second. Whoever speeds up what takes a twentieth wins at most a twentieth.

# %% [markdown]
# ## What workers can bring
#
# Some of the work can be **shared**: the clips. Some cannot: each worker has to start, and to load MediaPipe, before it does anything. **Amdahl's law** (1967) says what comes out. With $s$ seconds that nobody can share and $p$ that $n$ workers share, the work gets
#
# $$\frac{s + p}{s + p/n}$$
#
# times quicker. We write it down:


# %%
def times_quicker(workers, alone, shared):
    return (alone + shared) / (alone + shared / workers)


# %% [markdown]
# The start of a worker, measured in a process of its own:

# %%
LOAD = "import numpy as np; from ballet_lib.pose import PoseExtractor as P; "
LOAD += "p = P(); p.image(np.zeros((480, 640, 3), np.uint8)); p.close()"
start = seconds(lambda: subprocess.run([sys.executable, "-c", LOAD], check=True))
print(f"a worker is ready after {start:.1f} s")

# %% [markdown]
# Now the clips, in this process, one after the other.

# %%
began = {"one process": time.time()}
alone = extract_all(clips, home / "one process")
shared = time.time() - began["one process"]
rate = len(clips) * LENGTH / shared
print(f"{shared:.1f} s, {rate:.0f} frames a second")

# %% [markdown]
# **Predict** How many times quicker will two workers be with these clips? And with a hundred times as many?

# %%
workers = np.array([1, 2, 4, 8, 16, 32, 64])
curves = {
    f"{count * len(clips):,} clips": (
        workers,
        times_quicker(workers, start, count * shared),
    )
    for count in (1, 10, 100)
}
expected = times_quicker(2, start, shared)
print(f"two workers, {len(clips)} clips: {expected:.2f} times quicker, says Amdahl")

# %% [markdown]
# Joblib starts the processes and hands out the videos. That is all that `workers=2` means.

# %%
began["two processes"] = time.time()
with_two = extract_all(clips, home / "two processes", workers=2)
two = time.time() - began["two processes"]
quicker = (start + shared) / two  # one worker would have had to start, too
many = times_quicker(1000, start, shared)
scaling.speed_up(
    curves,
    measured={"two processes, here": (2, quicker)},
    title=f"Two workers: {quicker:.1f} times quicker. A thousand, for {len(clips)} clips: {many:.0f} times",
)

# %% [markdown]
# *Times quicker over the number of workers, both logarithmic. The dotted diagonal would be perfect; the curve of twelve clips bends away first, that of 1 200 clips last. A ring: what was measured with two processes.*
#
# **Why?** The start is paid once a worker, however long the work. So scale *long* work, and leave short work alone. And more workers than cores only take turns.
#
# If the ring lies below its curve, the two stood in each other's way: cores, caches and memory are shared, with each other and with whatever else this machine is doing. Amdahl counts none of that.
#
# Is the result the same? To the last bit, since each video is its own world:

# %%
for one, other in zip(alone, with_two, strict=True):
    a, b = (PoseSequence.load(each.poses[0]).landmarks for each in (one, other))
    assert np.array_equal(a, b, equal_nan=True)
get_reusable_executor().shutdown()  # joblib keeps idle processes for five minutes

# %% [markdown]
# **Play** How long a job must be before many workers are worth it.


# %%
@interact(
    clips_each=SelectionSlider(options=[1, 10, 100, 1000], value=10),
    start_seconds=(0.5, 20.0, 0.5),
)
def amdahl(clips_each=10, start_seconds=2.5):
    work = clips_each * shared
    best = times_quicker(1e9, start_seconds, work)
    return scaling.speed_up(
        {"this job": (workers, times_quicker(workers, start_seconds, work))},
        title=f"{start_seconds:.1f} s of start, {work:.0f} s of work: at most {best:.0f} times quicker",
    )


# %% [markdown]
# ## The same call, to a cluster
#
# When one machine is full, others can help. **Dask** has a *scheduler* that knows what is to be done, and *workers* that do it, on any machine that reaches the scheduler. On four machines it would be
#
#     dask scheduler --host 192.168.1.10                                  on one of them
#     dask worker tcp://192.168.1.10:8786 --nthreads 1 --nworkers 2       on each
#     ballet extract /shared/*.mp4 -o /shared/poses --scheduler tcp://192.168.1.10:8786
#
# Videos and output lie in a folder that all of them see. **Whoever reaches a scheduler can run code on all its workers.** So it listens on this machine, or in a network where you trust everybody.
#
# Here scheduler and workers are processes of this machine. Nothing else differs.

# %%
cluster = LocalCluster(
    n_workers=2,
    threads_per_worker=1,
    host="127.0.0.1",
    dashboard_address=None,
    silence_logs=50,
)
cluster.scheduler_address

# %% [markdown]
# Each worker loads MediaPipe with its first video. We let them do that before the watch runs, since a cluster is started once and used often.

# %%
warm = {"progress": False, "scheduler": cluster.scheduler_address}
extract_all(clips[:4], home / "first", **warm)
began["Dask, two workers"] = time.time()
outcomes = extract_all(
    clips, home / "Dask, two workers", scheduler=cluster.scheduler_address
)
pd.Series([outcome.status for outcome in outcomes]).value_counts()

# %% [markdown]
# ## A worker dies
#
# With a hundred machines one of them fails every few days: a disk, a power cable, somebody who shuts a laptop. We do it on purpose, and without warning, as soon as three videos are finished.


# %%
def kill_one(folder, after=3):
    while len(list(folder.glob("clip_*.npz"))) < after:
        time.sleep(0.02)
    victim = next(iter(cluster.workers.values()))
    psutil.Process(victim.pid).kill()
    killed.append(time.time())


# %% [markdown]
# **Predict** What becomes of the video it was in the middle of? Of those it had finished? Of the bar?

# %%
folder, killed = home / "Dask, one killed", []
killer = threading.Thread(target=kill_one, args=[folder])
killer.start()
began[folder.name] = time.time()
outcomes = extract_all(clips, folder, scheduler=cluster.scheduler_address)
killer.join()

assert {outcome.status for outcome in outcomes} == {"done"}
assert len(list(folder.glob("*.npz"))) == len(clips)
for outcome in outcomes:
    assert len(PoseSequence.load(outcome.poses[0])) == LENGTH


# %%
def finished(name):
    """When each pose file was there, in seconds from the call."""
    files = (home / name).glob("*.npz")
    return [max(0, file.stat().st_mtime - began[name]) for file in files]


runs = {name: finished(name) for name in began}
when = killed[0] - began[folder.name]
missing = len(clips) - len(runs[folder.name])
scaling.finished(
    runs,
    marks={"a worker is killed": when},
    title=f"A worker died after {when:.1f} s; of {len(clips)} videos {missing} are missing",
)

# %% [markdown]
# *Four flights of stairs, videos finished over seconds. One process climbs evenly; two processes start late and climb more steeply; Dask's two workers are there from the start. In the last run one of them is killed at the dotted line.*
#
# **Why is nothing lost?** The scheduler notices that the line is dead, and gives the video to somebody else. What was finished lies on the disk, each file **whole or not there**: it is written under another name and moved at the end. And if a worker dies *between* writing and telling, the next one finds the file, sees by a fingerprint that it was made from this very video, and reports it.

# %% [markdown]
# The cluster is closed as it was opened.

# %%
cluster.close()
list(folder.glob(".*"))  # nothing half-written is left

# %% [markdown]
# ## What does not speed up
#
# Keras Tuner has workers, too: a *chief* hands out trials. **Predict** A tiny search, fifteen epochs, alone and with two workers: which is ready first?

# %%
takes = TakeSet.load("ballet6").filter(dancer=["d01", "d02", "d03", "d04"])
space = {"network": ("bilstm",), "units": (4, 6, 8), "dropout": (0.0, 0.2)}
small = {"max_epochs": 4, "factor": 4, "frames": 20, "bar": False}

alone = seconds(lambda: tune(takes, space, **small, folder=home / "tune"))
shared_by_two = seconds(
    lambda: tune(takes, space, **small, folder=home / "tune by two", workers=2)
)
print(f"alone: {alone:.0f} s, with two workers: {shared_by_two:.0f} s")

# %% [markdown]
# **Why?** It cannot be twice as quick, and may well be slower: chief and workers are three more processes, and each loads TensorFlow, for a few seconds of training. It is Amdahl's $s$ again. Lesson 06's searches take minutes to nights; there it is worth it. But there is a second limit:

# %%
plan = bracket_table(max_epochs=9, factor=3)
rounds = plan.groupby("bracket")["to epoch"].max()
print(plan.to_string(index=False))
bound = plan["epochs spent"].sum() / rounds.max()
print(f"\nhowever many workers: at most {bound:.1f} times quicker")

# %% [markdown]
# A winner must be trained to its end, epoch after epoch, and nobody can train the ninth epoch before the eighth. What has to happen **one after the other** bounds what many can do.

# %% [markdown]
# ## What went wrong on purpose
#
# Four colleagues each send a folder of films, numbered by their cameras. We extract them all, and name each pose file after its film.

# %%
films = [
    home / f"camera_{camera}" / f"clip_{n:02}.mp4"
    for camera in range(4)
    for n in range(3)
]
naive = {film: film.stem + ".npz" for film in films}
print(f"{len(films)} films, {len(set(naive.values()))} pose files")

# %% [markdown]
# No error, no warning: the last one to finish won, and with several workers it is a matter of luck who that is. A bar that reaches 100% says that all were *done*, not that all are *there*.
#
# **Count what came out.** And give everything a name of its own before the work is shared:

# %%
names = output_names(films)
assert len(set(names.values())) == len(films)
list(names.values())[::4]

# %% [markdown]
# ## A class of thirty
#
# This very notebook is a learner's: MediaPipe and TensorFlow are loaded, two thirds of the lesson are over. What has it used?

# %%
kernel = psutil.Process()
memory = kernel.memory_full_info().uss / 1e9  # its own, not shared with others
used = kernel.cpu_times()
busy = (used.user + used.system) / (time.time() - kernel.create_time())
print(f"{memory:.2f} GB, and {busy:.0%} of one core since it was started")

# %% [markdown]
# **Predict** What does a machine for thirty need: thirty times the memory? Thirty times the cores?
#
# Memory: yes. A kernel keeps what it has loaded, also while its owner reads. With one more for the system and a quarter to spare:

# %%
LEARNERS = 30
needed = 1.25 * (LEARNERS * memory + 2)
size = 2 ** ceil(np.log2(needed))
print(f"{needed:.0f} GB, so a machine of {size} GB")

# %% [markdown]
# Cores: no, since learners read, and think, and talk. But a teacher says "now run this cell", and all do. Take a cell that keeps one core busy for ten seconds:


# %%
def wait(learners, cores, alone=10):
    return alone * max(1, learners / cores)


@interact(learners=(5, 60, 5))
def a_class(learners=LEARNERS):
    table = pd.DataFrame({"cores": [2, 4, 8, 16, 32]})
    table["all at once: everyone waits (s)"] = [
        round(wait(learners, c)) for c in table.cores
    ]
    table["one in five runs it now (s)"] = [
        round(wait(learners / 5, c)) for c in table.cores
    ]
    return table.style.hide()


# %% [markdown]
# Too few cores make a class slow. Too little memory ends kernels, and with them what somebody had computed for an hour. So memory first. `teaching/hub/` has the class server, limits for each learner, and what three learners at once really used.

# %% [markdown]
# ## A million clips, on paper
#
# Ten seconds each, 25 frames a second. From the rate that we have measured:

# %%
CLIPS = 1_000_000
clip_frames = 10 * 25
core_hours = CLIPS * clip_frames / rate / 3600
print(f"{core_hours:,.0f} hours of one worker, {core_hours / 24 / 365:.1f} years")

# %%
machines = pd.DataFrame({"machines of 16 cores": [1, 4, 16, 64]})
machines["days"] = (core_hours / 16 / machines.iloc[:, 0] / 24).round(1)
machines.style.hide().format(precision=1)

# %% [markdown]
# This takes it for granted that sixteen workers on one machine do not stand in each other's way. Measure that on *one* machine before you rent the others.
#
# **Predict** What goes through the network, and what is left at the end: how many bytes has a clip as pixels, as a film, as landmarks?

# %%
height, width, channels = frames[0].shape
share = clip_frames / LENGTH
of_a_clip = {
    "pixels": clip_frames * height * width * channels,
    "film": clips[0].stat().st_size * share,
    "pose file": Path(outcomes[0].poses[0]).stat().st_size * share,
}
smaller = of_a_clip["pixels"] / of_a_clip["pose file"]
scaling.sizes(
    of_a_clip,
    unit="B",
    label="bytes of a clip of ten seconds",
    title=f"Landmarks are {smaller:,.0f} times smaller than what they were found in",
)

# %% [markdown]
# *Three bars on a logarithmic axis: decoded pixels, the compressed film, the pose file.*
#
# So bring the **films** to the workers, decode where the model is, and never send pixels. How many workers does one line of a gigabit a second feed?

# %%
per_worker = rate * of_a_clip["film"] / clip_frames  # bytes a second
fed = 1e9 / 8 / per_worker
total = CLIPS * of_a_clip["pose file"] / 1e9
print(f"films for {fed:,.0f} workers; and {total:,.0f} GB of landmarks at the end")

# %% [markdown]
# ### What breaks first
#
# Not the processors. One clip in a thousand fails: cut off, empty, of a codec that nobody knows.

# %%
failed = rng.binomial(CLIPS, 1 / 1000)
exponent = CLIPS * np.log10(1 - 1 / 1000)
print(f"probability that all are done: 10 to the power of {exponent:.0f}")
print(f"failures in this run: {failed:,}")

# %% [markdown]
# At this size failure is no accident, it is a **column of the table**. A run must go on after it, list it with its reason, and do it alone the next time. `extract_all` returns an `Outcome` for each video, and the same call again does only what is missing:

# %%
again = seconds(lambda: extract_all(clips, folder, progress=False))
print(f"{again / len(clips) * 1000:.0f} ms a clip to see that it is done")
print(f"{again / len(clips) * CLIPS / 3600:.1f} hours for a million")

# %% [markdown]
# Then the **small files**. A folder of a million is slow to list, to copy and to back up. How long does it take to open many, against one that holds the same?

# %%
files = [Path(outcome.poses[0]) for outcome in outcomes]
every = [PoseSequence.load(file).landmarks for file in files]
np.savez_compressed(home / "packed.npz", landmarks=np.stack(every))
single = seconds(lambda: [PoseSequence.load(file) for file in files]) / len(files)
packed = seconds(lambda: np.load(home / "packed.npz")["landmarks"]) / len(files)
print(
    f"{1000 * single:.1f} ms a clip from its own file, {1000 * packed:.1f} ms from a packed one"
)

# %% [markdown]
# One file a clip while work goes on, since each can fail alone; packed by the thousand when it is over.
#
# And the **names**: ten thousand films of a hundred cameras, told apart before any work begins:

# %%
films = [Path(f"/films/camera_{n % 100:02}/{n // 100:04}.mp4") for n in range(10_000)]
naming = seconds(lambda: output_names(films))
million = naming * CLIPS / len(films)
print(f"{naming:.1f} s; for a million about {million:.0f} s")

# %%
rmtree(home)

# %% [markdown]
# ## In this lesson you …
#
# - measured the parts of a job, and knew from them what workers could bring before you started any,
# - gave the same call to one process, two, and a cluster, killed a worker, and counted what came out,
# - calculated a class of thirty and a million clips, and know what breaks first.

# %% [markdown]
# ## Check yourself

# %%
from ballet_lib.checks import quiz

quiz("13")

# %% [markdown]
# ## Exercise
#
# **Open question** Two people, two laptops, one folder that both see: start a scheduler on one, a worker on each, and extract a film of your own class cut into clips. Before you do: write down how many times quicker it will be, and what could make you wrong. Then close the lid of one laptop in the middle.

# %% [markdown]
# ## Sources
#
# - Amdahl, *Validity of the single processor approach to achieving large scale computing capabilities* (1967). The other side, larger work for more workers: Gustafson, *Reevaluating Amdahl's law* (1988).
# - Rocklin, *Dask: parallel computation with blocked algorithms and task scheduling* (2015). Joblib's backend for it hands out our videos.
# - Dean and Barroso, *The tail at scale* (2013): why the slowest of a hundred machines decides.
# - Li and others, *Hyperband* (2018), and lesson 06 for what its brackets are.
