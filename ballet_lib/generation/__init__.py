"""Generating dance: silhouettes, motions and exercises that nobody has danced before."""
