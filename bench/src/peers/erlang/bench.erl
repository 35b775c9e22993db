#!/usr/bin/env escript
%% The work of the benchmark in Erlang. Prints "NAME FIGURE" lines.
-mode(compile).

-define(WINDOW, 10000).
-define(AHEAD, 4).
-define(ASKERS, 64).

main([Suite, Arg | Args]) ->
    process_flag(message_queue_data, off_heap),
    run(Suite, Arg, [list_to_integer(Number) || Number <- Args]),
    halt(0).

%% Within one node.
run("tell", Producers, [Messages]) ->
    twice(fun(Count) -> tell(list_to_integer(Producers), Count) end,
          "tell-" ++ Producers, Messages, fun rate/2);
run("fan-out", _, [Messages]) ->
    twice(fun fan_out/1, "fan-out", Messages, fun rate/2);
run("ring", _, [Messages]) ->
    twice(fun(Steps) -> ring(100, 1000, Steps) end, "ring", Messages, fun rate/2);
run("ping-pong", _, [Steps]) ->
    twice(fun(Count) -> ring(2, 1, Count) end, "ping-pong", Steps, fun each/2);
run("request", "1", [Requests]) ->
    twice(fun(Count) -> request(1, Count) end, "request-1", Requests, fun each/2);
run("request", Askers, [Requests]) ->
    twice(fun(Count) -> request(list_to_integer(Askers), Count) end,
          "request-" ++ Askers, Requests, fun rate/2);
run("population", Name, [Count]) ->
    population(Name, Count);
%% Between two nodes.
run("serve", _, []) ->
    register(worker, spawn(fun() -> worker(0, none, none) end)),
    io:format("~s~n", [node()]),
    io:get_line("");
run(Suite, Node, Numbers) ->
    Worker = find(list_to_atom(Node)),
    [remote(Suite, Worker, [max(1, Number div Part) || Number <- Numbers], Print)
     || {Part, Print} <- [{4, fun(_, _) -> ok end}, {1, fun figure/2}]].

%% Once for warming up.
twice(Work, Name, Count, Figure) ->
    Work(Count div 4),
    figure(Name, Figure(Work(Count), Count)).

figure(Name, Figure) -> io:format("~s ~w~n", [Name, float(Figure)]).

%% Of work that took so many nanoseconds.
rate(Time, Count) -> Count * 1.0e9 / Time.
each(Time, Count) -> Time / Count.

timed(Work) ->
    Start = erlang:monotonic_time(nanosecond),
    Work(),
    erlang:monotonic_time(nanosecond) - Start.

worker(Sum, Next, Waits) ->
    receive
        {add, N} -> worker(Sum + N, Next, Waits);
        {bytes, Bytes} -> worker(Sum + byte_size(Bytes), Next, Waits);
        {sum, From, Ref} -> From ! {Ref, Sum}, worker(Sum, Next, Waits);
        {join, NewNext, NewWaits} -> worker(Sum, NewNext, NewWaits);
        {pass, 0} -> Waits ! arrived, worker(Sum, Next, Waits);
        {pass, Steps} -> Next ! {pass, Steps - 1}, worker(Sum, Next, Waits);
        stop -> ok
    end.

start() -> spawn(fun() -> worker(0, none, none) end).

%% As gen_server:call does: a monitor for each.
ask(Worker) ->
    Ref = monitor(process, Worker),
    Worker ! {sum, self(), Ref},
    receive
        {Ref, Sum} -> demonitor(Ref, [flush]), Sum;
        {'DOWN', Ref, _, _, Reason} -> exit(Reason)
    end.

%% Runs it in so many processes, and waits for all.
all(Count, Work) ->
    Processes = [spawn_monitor(Work) || _ <- lists:seq(1, Count)],
    [receive {'DOWN', Ref, _, _, normal} -> ok end || {_, Ref} <- Processes].

times(0, _) -> ok;
times(Count, Work) -> Work(), times(Count - 1, Work).

tell(Producers, Messages) ->
    Worker = start(),
    Each = Messages div Producers,
    Time = timed(fun() ->
        all(Producers, fun() -> times(Each, fun() -> Worker ! {add, 1} end) end),
        Sum = ask(Worker),
        Sum = Each * Producers
    end),
    Worker ! stop,
    Time.

fan_out(Messages) ->
    Workers = [start() || _ <- lists:seq(1, 100)],
    Time = timed(fun() ->
        all(1, fun() ->
            times(Messages div 100, fun() -> [Worker ! {add, 1} || Worker <- Workers] end)
        end),
        Sum = lists:sum([ask(Worker) || Worker <- Workers]),
        Sum = Messages div 100 * 100
    end),
    [Worker ! stop || Worker <- Workers],
    Time.

ring(Size, Tokens, Steps) ->
    Workers = [First | Rest] = [start() || _ <- lists:seq(1, Size)],
    [Worker ! {join, Next, self()} || {Worker, Next} <- lists:zip(Workers, Rest ++ [First])],
    Ring = list_to_tuple(Workers),
    Time = timed(fun() ->
        [element(Token rem Size + 1, Ring) ! {pass, Steps div Tokens}
         || Token <- lists:seq(0, Tokens - 1)],
        times(Tokens, fun() -> receive arrived -> ok end end)
    end),
    [Worker ! stop || Worker <- Workers],
    Time.

request(Askers, Requests) ->
    Worker = start(),
    Time = timed(fun() ->
        all(Askers, fun() -> times(Requests div Askers, fun() -> ask(Worker) end) end)
    end),
    Worker ! stop,
    Time.

population(Name, Count) ->
    Before = resident(),
    Start = erlang:monotonic_time(nanosecond),
    Workers = [Last | _] = start_all(Count, []),
    ask(Last),
    figure("spawn-" ++ Name, rate(erlang:monotonic_time(nanosecond) - Start, Count)),
    case Name of
        "200k" ->
            Refs = [monitor(process, Worker) || Worker <- Workers],
            Time = timed(fun() ->
                [exit(Worker, kill) || Worker <- Workers],
                [receive {'DOWN', Ref, _, _, _} -> ok end || Ref <- Refs]
            end),
            figure("kill-" ++ Name, rate(Time, Count));
        _ ->
            timer:sleep(500),
            figure("idle-" ++ Name, (resident() - Before) / Count),
            ask(Last)
    end.

start_all(0, Workers) -> Workers;
start_all(Count, Workers) -> start_all(Count - 1, [start() | Workers]).

resident() ->
    {ok, Text} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = binary:split(Text, <<" ">>, [global]),
    binary_to_integer(Pages) * 4096.

find(Node) ->
    true = net_kernel:connect_node(Node),
    case rpc:call(Node, erlang, whereis, [worker]) of
        Worker when is_pid(Worker) -> Worker
    end.

remote("one-way", Worker, [Messages, Cap], Figure) ->
    {Sent, Time} = windowed(Worker, Messages div ?WINDOW, Cap, fun() ->
        times(?WINDOW, fun() -> Worker ! {add, 1} end)
    end),
    Figure("one-way", rate(Time, Sent * ?WINDOW));
remote("round-trip", Worker, [Requests, Cap], Figure) ->
    Times = lists:sort([timed(fun() -> ask(Worker) end) || _ <- lists:seq(1, Requests)]),
    Figure("round-trip", lists:nth((Requests + 1) div 2, Times)),
    Each = max(1, 2 * Requests div ?ASKERS),
    _ = Cap,
    Time = timed(fun() -> all(?ASKERS, fun() -> times(Each, fun() -> ask(Worker) end) end) end),
    Figure("remote-64", rate(Time, Each * ?ASKERS));
remote("payloads", Worker, [Bytes, Cap], Figure) ->
    [begin
         %% All values of a byte.
         Payload = << <<(At * 167 bsr 3)>> || At <- lists:seq(0, Size - 1) >>,
         Window = 4 bsl 20,
         {Sent, Time} = windowed(Worker, max(1, Bytes div Window), Cap, fun() ->
             times(Window div Size, fun() -> Worker ! {bytes, Payload} end)
         end),
         Figure(Name, rate(Time, Sent * Window) / (1 bsl 20))
     end || {Name, Size} <- [{"bytes-64k", 64 bsl 10}, {"bytes-1m", 1 bsl 20}]].

%% Sends windows until it is enough or the time, in milliseconds, is up; never more than some are on
%% their way.
windowed(Worker, Windows, Cap, Window) ->
    Start = erlang:monotonic_time(nanosecond),
    Sent = windowed(Worker, Windows, Start + Cap * 1000000, Window, [], 0),
    ask(Worker),
    {Sent, erlang:monotonic_time(nanosecond) - Start}.

windowed(_, Windows, _, _, Refs, Windows) -> answers(Refs), Windows;
windowed(Worker, Windows, Until, Window, Refs, Sent) ->
    case Sent > 0 andalso erlang:monotonic_time(nanosecond) > Until of
        true -> answers(Refs), Sent;
        false ->
            Window(),
            Ref = make_ref(),
            Worker ! {sum, self(), Ref},
            Left = case Refs ++ [Ref] of
                [Oldest | Rest] when length(Rest) + 1 =:= ?AHEAD -> answers([Oldest]), Rest;
                Few -> Few
            end,
            windowed(Worker, Windows, Until, Window, Left, Sent + 1)
    end.

answers(Refs) -> [receive {Ref, _} -> ok end || Ref <- Refs].
