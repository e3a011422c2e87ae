"""`python -m campaign_operator.cli`: the command line without the console script."""

from campaign_operator.cli import main

main()
