"""`python -m train.data.pages`: the same as `python -m train.data pages`."""

from train.data.pages import main

if __name__ == "__main__":
    raise SystemExit(main())
