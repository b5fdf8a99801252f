import ArgumentParser

BridgeCommand.main()
