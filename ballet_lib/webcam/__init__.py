"""The browser's camera in a notebook: `Webcam` shows it live, `CameraCheck` tells whether there is one."""

from ballet_lib.webcam.camera_check import CameraCheck
from ballet_lib.webcam.webcam import Webcam

__all__ = ["CameraCheck", "Webcam"]
