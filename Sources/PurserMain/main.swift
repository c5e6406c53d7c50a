import PurserApp

await PurserCommand.start()
