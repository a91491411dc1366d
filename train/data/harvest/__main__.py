"""`python -m train.data.harvest`."""

from __future__ import annotations

from train.data.harvest.run import main

raise SystemExit(main())
