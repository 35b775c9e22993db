
# Nodes, ports, groups and functions are asked for.
_FUNCTION_of_network() {
    local line=${COMP_LINE:0:COMP_POINT} word cut found=() words=()
    word=${line##*[[:space:]]}
    read -ra words <<<"${line%"$word"}"
    mapfile -t found < <("$1" __complete "${words[@]:1}" "$word" 2>/dev/null)
    if ((${#found[@]} == 0)); then
        _FUNCTION "$@"
        return
    fi
    # What is behind the last of these is a word of its own for bash.
    cut=${word%"${word##*[:=@]}"}
    COMPREPLY=("${found[@]#"$cut"}")
    compopt -o nospace 2>/dev/null
}

complete -F _FUNCTION_of_network -o bashdefault -o default NAME
