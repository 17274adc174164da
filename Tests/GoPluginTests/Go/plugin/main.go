// Command plugin is a plugin as an author writes it with Go's go-plugin.
//
//	plugin [print-first | log | own-certificate | stdio | multiplexed]
package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"strings"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"ropewalk.test/echo"
	"ropewalk.test/mux"
)

func main() {
	var printed []*echo.StdioData
	var provider func() (*tls.Config, error)
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Trace, Output: os.Stderr, JSONFormat: true, Name: "peer"})
	for _, argument := range os.Args[1:] {
		switch argument {
		case "print-first":
			fmt.Println("starting up, please wait")
		case "own-certificate":
			provider = ownCertificate
		case "multiplexed":
			options := []grpc.ServerOption{grpc.MaxRecvMsgSize(echo.MaxMessage)}
			err := mux.Serve(3, options, func(broker *mux.Broker, server *grpc.Server) {
				echo.Register(server, &echo.Server{Broker: broker})
			})
			logger.Info("served", "error", err)
			return
		case "stdio":
			printed = []*echo.StdioData{{Channel: 1, Data: []byte("a printed ")}, {Channel: 1, Data: []byte("line\n")},
				{Channel: 2, Data: []byte("[WARN] a warning\n")}}
			for number := 1; number <= 1000; number++ {
				printed = append(printed, &echo.StdioData{Channel: 1, Data: []byte(fmt.Sprintf("line %d\n", number))})
			}
		case "log":
			logger.Warn("a structured line", "size", 42, "nested", map[string]interface{}{"deep": []string{"a", "b"}})
			logger.Error("a long line", "text", strings.Repeat("x", 200<<10))
			logger.Error("a line that is cut", "before", 42, "text", strings.Repeat("x", 2<<20), "then", 7)
			fmt.Fprintln(os.Stderr, "[INFO] a plain line")
		}
	}
	server := func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(append(options, grpc.MaxRecvMsgSize(echo.MaxMessage))...)
		if printed != nil {
			echo.RegisterStdio(server, printed)
		}
		return server
	}
	set := plugin.PluginSet{"echo": echo.Plugin{}}
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig:  echo.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{2: set, 3: set},
		GRPCServer:       server,
		TLSProvider:      provider,
		Logger:           logger,
	})
}
