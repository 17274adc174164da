// Command plugin is a plugin as an author writes it with Go's go-plugin.
//
//	plugin [print-first | log]
package main

import (
	"fmt"
	"os"
	"strings"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"ropewalk.test/echo"
)

func main() {
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true, Name: "peer"})
	for _, argument := range os.Args[1:] {
		switch argument {
		case "print-first":
			fmt.Println("starting up, please wait")
		case "log":
			logger.Warn("a structured line", "size", 42, "nested", map[string]interface{}{"deep": []string{"a", "b"}})
			logger.Error("a long line", "text", strings.Repeat("x", 200<<10))
			fmt.Fprintln(os.Stderr, "[INFO] a plain line")
		}
	}
	server := func(options []grpc.ServerOption) *grpc.Server {
		return grpc.NewServer(append(options, grpc.MaxRecvMsgSize(echo.MaxMessage))...)
	}
	set := plugin.PluginSet{"echo": echo.Plugin{}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  echo.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{2: set, 3: set},
		GRPCServer:       server,
		Logger:           logger,
	})
}
