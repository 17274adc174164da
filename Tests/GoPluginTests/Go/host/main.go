// Command host drives a plugin as a program with Go's go-plugin does.
//
//	host [-tls] [-multiplex] [-calls N] [-seconds S] PLUGIN
//
// It prints one line for each thing that worked and ends with code 1 at the first that did not.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"time"

	hclog "github.com/hashicorp/go-hclog"
	plugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"

	"github.com/golang/protobuf/ptypes/wrappers"
	"ropewalk.test/echo"
	"ropewalk.test/mux"
)

func check(what string, err error) {
	if err != nil {
		fmt.Println("FAILED", what, err)
		plugin.CleanupClients()
		os.Exit(1)
	}
}

// peer is a started plugin.
type peer struct {
	echo.Client
	version int
	ping    func() error
	kill    func()
	exited  func() bool
}

func start(tls, multiplex bool) peer {
	command := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	if multiplex {
		command.Env = append(os.Environ(), echo.Handshake.MagicCookieKey+"="+echo.Handshake.MagicCookieValue)
		host, err := mux.Start(command, tls)
		check("start", err)
		return peer{echo.Client{Conn: host.Conn, Broker: host.Broker}, host.Version, host.Ping, host.Kill, host.Exited}
	}
	set := plugin.PluginSet{"echo": echo.Plugin{}}
	client := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  echo.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{1: set, 3: set},
		Cmd:              command,
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         tls,
		Managed:          true,
		Logger:           hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr, JSONFormat: true}),
	})
	rpc, err := client.Client()
	check("start", err)
	raw, err := rpc.Dispense("echo")
	check("dispense", err)
	return peer{*raw.(*echo.Client), client.NegotiatedVersion(), rpc.Ping, client.Kill, client.Exited}
}

func main() {
	tls := flag.Bool("tls", false, "AutoMTLS")
	multiplex := flag.Bool("multiplex", false, "the broker's connections inside the one")
	calls := flag.Int("calls", 1000, "calls of each kind")
	seconds := flag.Int("seconds", 0, "spread the calls over so many seconds")
	flag.Parse()
	ctx := context.Background()
	peer := start(*tls, *multiplex)
	fmt.Println("version", peer.version)
	check("ping", peer.ping())

	var pause time.Duration
	if *seconds > 0 {
		pause = time.Duration(*seconds) * time.Second / time.Duration(2**calls)
	}
	begin := time.Now()
	for i := 0; i < *calls; i++ {
		out, err := echo.Call(ctx, peer.Conn, "Unary", []byte("hello"))
		check(fmt.Sprint("unary call ", i), err)
		if string(out.Value) != "hello" {
			check("unary call", fmt.Errorf("got %q", out.Value))
		}
		time.Sleep(pause)
	}
	fmt.Println("unary", *calls)
	fmt.Fprintln(os.Stderr, "one call takes", time.Since(begin)/time.Duration(*calls))
	// A stream that the plugin ends first is reset by Go's client.
	for i := 0; i < *calls; i++ {
		inner, cancel := context.WithTimeout(ctx, 10*time.Second)
		stream, err := peer.Conn.NewStream(inner, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, "/goplugin.test.Echo/First")
		check("open stream", err)
		check(fmt.Sprint("stream ", i), stream.SendMsg(&wrappers.BytesValue{Value: []byte("x")}))
		check("answer", stream.RecvMsg(new(wrappers.BytesValue)))
		if err := stream.RecvMsg(new(wrappers.BytesValue)); err == nil || err.Error() != "EOF" {
			check(fmt.Sprint("end of stream ", i), fmt.Errorf("not the end: %v", err))
		}
		cancel()
		time.Sleep(pause)
	}
	fmt.Println("streams", *calls)

	large := bytes.Repeat([]byte{7}, 6<<20)
	out, err := echo.Call(ctx, peer.Conn, "Unary", large)
	check("large", err)
	fmt.Println("large", bytes.Equal(out.Value, large))

	printed, err := echo.FirstPrinted(ctx, peer.Conn, "printed")
	check("standard output", err)
	fmt.Printf("printed %d %q\n", printed.Channel, printed.Data)

	// The plugin offers a connection, and the host dials it.
	_, err = echo.Call(ctx, peer.Conn, "Offer", []byte{9})
	check("offer", err)
	conn, err := peer.Broker.Dial(9)
	check("dial", err)
	_, err = echo.Call(ctx, conn, "Unary", []byte("over the broker"))
	check("call over the broker", err)
	conn.Close()
	fmt.Println("dialled")

	// The host offers one, and the plugin dials it.
	id := peer.Broker.NextId()
	go peer.Broker.AcceptAndServe(id, func(options []grpc.ServerOption) *grpc.Server {
		server := grpc.NewServer(options...)
		echo.Register(server, &echo.Server{})
		return server
	})
	out, err = echo.Call(ctx, peer.Conn, "CallBack", []byte{byte(id)})
	check("call back", err)
	fmt.Println("called back", string(out.Value))

	begin = time.Now()
	peer.kill()
	fmt.Println("ended", peer.exited(), time.Since(begin) < time.Second)
}
