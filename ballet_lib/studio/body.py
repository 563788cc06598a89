"""A dancer's body: joints, proportions, and where the 33 landmarks sit on the bones.

Axes of the studio, in metres: the floor is y = 0 and y points up; in the rest pose the dancer faces +z, and
+x is the dancer's left (right-handed). The rest pose stands upright on flat, parallel feet a hand apart,
arms hanging 40 degrees from the body, palms towards the thighs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ballet_lib.skeleton import LANDMARKS

_SIDES = ("left", "right")
_TRUNK = {"pelvis": None, "spine": "pelvis", "chest": "spine", "neck": "chest", "head": "neck"}
_LIMBS = {
    "collar": "chest", "shoulder": "collar", "elbow": "shoulder", "wrist": "elbow",
    "hip": "pelvis", "knee": "hip", "ankle": "knee", "toes": "ankle",
}  # fmt: skip
_PARENT_NAMES = {
    **_TRUNK,
    **{
        f"{side}_{joint}": f"{side}_{parent}" if parent in _LIMBS else parent
        for side in _SIDES
        for joint, parent in _LIMBS.items()
    },
}

JOINTS: tuple[str, ...] = tuple(_PARENT_NAMES)
"""Names of the 21 joints, each before its children; a joint carries the bone that leads away from it."""

JOINT: dict[str, int] = {name: i for i, name in enumerate(JOINTS)}
"""Position of each joint by name."""

PARENTS: tuple[int, ...] = tuple(-1 if parent is None else JOINT[parent] for parent in _PARENT_NAMES.values())
"""Index of each joint's parent, -1 for the pelvis."""

ARM_REST_ANGLE = np.radians(40)


@dataclass(frozen=True)
class Body:
    """The proportions of one dancer; ratios are multiples of an average female dancer's.

    Lengths follow Drillis and Contini's fractions of the body height, with a dancer's slightly longer legs.
    """

    height: float = 1.68
    """Metres from the floor to the crown."""
    legs: float = 1.0
    """Ratio of leg length."""
    arms: float = 1.0
    """Ratio of arm length."""
    shoulders: float = 1.0
    """Ratio of shoulder width."""
    hips: float = 1.0
    """Ratio of hip width."""
    head: float = 1.0
    """Ratio of head size."""
    build: float = 1.0
    """Ratio of girth, 0.85 for slight to 1.25 for sturdy."""

    @classmethod
    def draw(cls, rng: np.random.Generator) -> "Body":
        """Draw the proportions of a plausible adult or teenage dancer."""
        return cls(
            height=float(np.clip(rng.normal(1.67, 0.08), 1.48, 1.90)),
            legs=float(np.clip(rng.normal(1, 0.025), 0.95, 1.05)),
            arms=float(np.clip(rng.normal(1, 0.03), 0.93, 1.07)),
            shoulders=float(np.clip(rng.normal(1, 0.06), 0.88, 1.18)),
            hips=float(np.clip(rng.normal(1, 0.06), 0.88, 1.14)),
            head=float(np.clip(rng.normal(1, 0.03), 0.94, 1.06)),
            build=float(np.clip(rng.normal(1, 0.10), 0.85, 1.25)),
        )

    @property
    def rest(self) -> np.ndarray:
        """Joint positions in the rest pose: (21, 3), metres."""
        height = self.height
        hip, knee, ankle = 0.520 * height * self.legs, 0.272 * height * self.legs, 0.042 * height
        trunk = height * (1 - 0.130 * self.head) - hip  # what legs and head leave
        neck, shoulder = hip + trunk * 0.90, hip + trunk * 0.86
        hip_x, shoulder_x = 0.052 * height * self.hips, 0.097 * height * self.shoulders
        arm = np.array([np.sin(ARM_REST_ANGLE), -np.cos(ARM_REST_ANGLE), 0.0])
        points = {
            "pelvis": (0, hip + 0.010 * height, 0),
            "spine": (0, hip + trunk * 0.26, -0.006 * height),
            "chest": (0, hip + trunk * 0.52, -0.008 * height),
            "neck": (0, neck, -0.006 * height),
            "head": (0, hip + trunk * 1.03, 0.004 * height),
            "left_collar": (0.025 * height, shoulder, 0.004 * height),
            "left_shoulder": (shoulder_x, shoulder, -0.004 * height),
            "left_hip": (hip_x, hip, 0),
            "left_knee": (hip_x, knee, 0.004 * height),
            "left_ankle": (hip_x, ankle, -0.010 * height),
            "left_toes": (hip_x, 0.010 * height, 0.068 * height),
        }
        points["left_elbow"] = points["left_shoulder"] + 0.170 * height * self.arms * arm
        points["left_wrist"] = points["left_elbow"] + 0.148 * height * self.arms * arm
        mirror = np.array([-1, 1, 1])
        right = {k.replace("left", "right"): np.multiply(v, mirror) for k, v in points.items() if "left" in k}
        return np.array([{**points, **right}[name] for name in JOINTS], dtype=float)

    @property
    def rest_landmarks(self) -> tuple[np.ndarray, np.ndarray]:
        """The 33 landmarks in the rest pose: their joint (33,), and their position (33, 3) in metres."""
        height, skull = self.height, self.height * self.head
        rest = self.rest
        head, wrist, ankle = rest[JOINT["head"]], rest[JOINT["left_wrist"]], rest[JOINT["left_ankle"]]
        arm = np.array([np.sin(ARM_REST_ANGLE), -np.cos(ARM_REST_ANGLE), 0.0])
        front = np.array([0, 0, 1.0])
        on_head = {
            "nose": (0, 0.018, 0.066), "eye_inner": (0.0095, 0.039, 0.050), "eye": (0.019, 0.039, 0.048),
            "eye_outer": (0.028, 0.039, 0.043), "ear": (0.041, 0.036, 0.004), "mouth": (0.014, -0.001, 0.053),
        }  # fmt: skip
        on_hand = {"pinky": (0.050, -0.016), "index": (0.058, 0.016), "thumb": (0.038, 0.022)}
        sole = -ankle[1] + 0.008 * height
        # MediaPipe's foot index is the big toe: on the inner side, a little behind the tip of the shoe.
        on_foot = {"heel": (0, sole + 0.006 * height, -0.030), "foot_index": (-0.008, sole, 0.099)}
        points: dict[str, tuple[str, np.ndarray]] = {}
        for name, offset in on_head.items():
            points[name] = ("head", head + skull * np.array(offset))
        for name, (along, across) in on_hand.items():
            points[name] = ("left_wrist", wrist + height * self.arms * (along * arm + across * front))
        for name, (out, up, forward) in on_foot.items():
            joint = "left_toes" if name == "foot_index" else "left_ankle"
            points[name] = (joint, ankle + np.array([out * height, up, forward * height]))
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle"):
            points[joint] = (f"left_{joint}", rest[JOINT[f"left_{joint}"]])
        return _both_sides(points)

    def landmarks(self, motion: "Motion") -> np.ndarray:
        """Return the exact landmarks of a motion: (T, 33, 3), metres in the studio's axes."""
        joint, rest = self.rest_landmarks
        offset = rest - self.rest[joint]
        return np.einsum("tlij,lj->tli", motion.rotation[:, joint], offset) + motion.position[:, joint]


@dataclass(frozen=True)
class Motion:
    """What a body does over T frames: every joint's place and turn, in the studio's axes."""

    position: np.ndarray
    """(T, 21, 3) joint positions in metres."""
    rotation: np.ndarray
    """(T, 21, 3, 3) rotation of each joint's bone from the rest pose."""
    fps: float
    """Frames a second."""

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.position)

    def __getitem__(self, frames: slice | Sequence[int]) -> "Motion":
        """Return some of the frames."""
        return Motion(self.position[frames], self.rotation[frames], self.fps)


def rest_motion(body: Body, frames: int = 1, fps: float = 20.0) -> Motion:
    """Stand still in the rest pose."""
    position = np.broadcast_to(body.rest, (frames, len(JOINTS), 3)).copy()
    rotation = np.broadcast_to(np.eye(3), (frames, len(JOINTS), 3, 3)).copy()
    return Motion(position, rotation, fps)


def _both_sides(points: dict[str, tuple[str, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Spread the left side's points over the 33 landmarks, mirrored for the right."""
    joints, positions = [], []
    for name in LANDMARKS:
        side = "right" if "right" in name else "left"
        part = name.removeprefix(f"{side}_").removesuffix(f"_{side}")
        joint, position = points[part]
        joints.append(JOINT[joint.replace("left", side)])
        positions.append(position * (-1 if side == "right" else 1, 1, 1))
    return np.array(joints), np.array(positions)
