module ropewalk.dev/ropewalk

go 1.24
