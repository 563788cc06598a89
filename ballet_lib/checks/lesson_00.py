"""The quiz of lesson 00; it has no tasks."""

from ballet_lib.checks.base import Question

QUIZ = (
    Question(
        "A landmark has y = 1.3. Where is it?",
        {
            "Below the lower edge of the picture": "Yes: y runs from 0 at the top to 1 at the bottom.",
            "Above the upper edge": "In pictures y points down: 0 is the top.",
            "Nowhere: the model is broken": "It answers for feet outside the picture too: it makes them up.",
        },
        right="Below the lower edge of the picture",
    ),
    Question(
        "Forty frames of one dancer: how many numbers?",
        {
            "40 × 33 × 4 = 5280": "Yes: 33 landmarks with four numbers each, in every frame.",
            "40 × 33 = 1320": "That is how many landmarks. Each has x, y, z and a visibility.",
            "33 × 4 = 132": "That is one frame. A dance is a sequence of them.",
        },
        right="40 × 33 × 4 = 5280",
    ),
    Question(
        "The model returns a foot with visibility 0.02. What do you do?",
        {
            "Not believe it": "Right: it is a guess from the rest of the body.",
            "Use it, the model knows feet": "It answers always. How sure it is, the fourth number tells.",
            "Put it at (0, 0)": "Zero is a place: the upper left corner. She would seem to leap there.",
        },
        right="Not believe it",
    ),
)
