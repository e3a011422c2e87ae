"""`python -m kubectl_campaign`: the plugin without the console script."""

from kubectl_campaign.plugin import main

main()
