import sys


def progress(text):
    print(text, file=sys.stderr, flush=True)
