"""The paper doll dances what the studio's dancer dances, and the real pose model finds it."""

import numpy as np

from ballet_lib.pose import PoseExtractor
from ballet_lib.studio.measure import JUDGED, landmark_errors
from ballet_lib.studio.paper_doll import SKIN, draw_doll
from ballet_lib.takes import TakeSet


def test_the_pose_model_finds_the_doll_where_the_dancer_is():
    (take,) = TakeSet.load("ballet6").filter(lambda take: take.take_id == "d10_retire_devant_1")
    pictures = draw_doll(take)
    assert len(pictures) == len(take) and pictures[0].shape == (*take.poses.size[::-1], 3)
    with PoseExtractor() as extractor:
        found = extractor.image(pictures[20])
    errors = landmark_errors(found, take.truth[20])[0, list(JUDGED)]
    assert np.median(errors) < 0.04
    assert (pictures[20] == SKIN).all(axis=-1).mean() > 0.005
