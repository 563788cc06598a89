"""Grading a class: each learner's notebook in a process of its own, judged by the library's own checks.

What a notebook cannot do: run on after its time, take more memory than allowed, leave processes behind, fill
the disk or the memory with what it prints, or stop the rest. On Linux it also cannot open a socket, read what
others handed in or the table of grades, or write outside a folder of its own that is thrown away (`isolation`
says what is in force; on macOS and Windows that part is missing). What it changes in the checks or in NumPy
is undone before the library judges, with data that no learner has seen.

What remains: an answer is judged in the process in which it was made, since functions, models and whole data
sets do not travel. Whoever studies this code and works below Python can still forge a verdict. A table of
grades is no proof of learning; ask about an answer.
"""

from ballet_lib.grading.grades import Limits, grade
from ballet_lib.grading.table import Grades, Row, Verdict

__all__ = ["Grades", "Limits", "Row", "Verdict", "grade"]
