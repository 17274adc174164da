import RopewalkCommands

await RopewalkCommand.start()
