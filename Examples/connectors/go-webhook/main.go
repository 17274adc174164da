// Command go-webhook is a connector for Ropewalk that makes a message of each HTTP request.
package main

import connector "github.com/ropewalk/ropewalk/SDKs/go"

func main() {
	connector.ServeFactory(func() connector.ConnectionNode { return &webhook{} })
}
