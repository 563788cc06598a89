"""Lesson 13, scaling out: what more workers bring, who is asked twice, and what a class needs."""

from ballet_lib.checks.base import Question

QUIZ = (
    Question(
        "A job takes 100 minutes alone, and in 20 of them nobody can help. How much quicker can it get?",
        {
            "5 times": "Yes. The 20 minutes stay, however many share the other 80.",
            "As many times as there are workers": "Only the 80 minutes are shared. Twenty stay in any case.",
            "80 times": "80 is the share that can be divided, not how often.",
        },
        right="5 times",
    ),
    Question(
        "A worker dies after it has written its pose file, and before it could say so. What must happen?",
        {
            "Its video is handed on, and the next worker finds the file and reports it": "Yes. The file is "
            "the proof, not the message. That is why it is written whole or not at all.",
            "Nothing, the file is there": "Nobody knows that: the scheduler has no message.",
            "The whole run begins again": "Then a run of a million clips would never end.",
        },
        right="Its video is handed on, and the next worker finds the file and reports it",
    ),
    Question(
        "Thirty learners on one machine, with memory enough for each, press run at once. What do they see?",
        {
            "They wait, about 30 / cores times as long as alone": "Yes. Processors are shared in time: all "
            "are slower, nobody fails. Memory cannot be shared so: who finds none is ended.",
            "Some kernels die": "That is what too little memory does. A busy processor only makes them wait.",
            "Nothing, each has a kernel of their own": "Kernels of their own, on processors of all.",
        },
        right="They wait, about 30 / cores times as long as alone",
    ),
)
