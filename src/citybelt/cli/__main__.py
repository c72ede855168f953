"""``python -m citybelt.cli``."""

import sys

from citybelt.cli import main

if __name__ == "__main__":
    sys.exit(main())
