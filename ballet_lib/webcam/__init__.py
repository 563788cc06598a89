"""The browser's camera in a notebook: for now the check whether there is one."""

from ballet_lib.webcam.camera_check import CameraCheck

__all__ = ["CameraCheck"]
