"""`python -m campaign_sandbox`: the command line without the console script."""

from campaign_sandbox.cli import main

main()
