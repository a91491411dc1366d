"""`python -m train.data.harvest.transcripts`."""

from __future__ import annotations

from train.data.harvest.transcripts.run import main

raise SystemExit(main())
