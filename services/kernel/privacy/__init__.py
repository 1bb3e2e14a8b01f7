"""What every service does for the people whose data it keeps, without code of its own.

erasing  forgets a person whom `profiles` erased      exporting  hands out what is kept about one
rpc      serves the export                            (`run.privacy` adds both to a service)
"""
