"""``python -m geoprospect``."""

from geoprospect.cli import main

if __name__ == "__main__":
    main()
