# Completion of croud in bash.
_croud() {
    # Bash also splits words at characters such as "=" and "@". Join what no space separates, up to the cursor.
    local line=${COMP_LINE:0:COMP_POINT} count=0 word
    local -a words=()
    for word in "${COMP_WORDS[@]:0:COMP_CWORD+1}"; do
        if [[ $count -eq 0 || $line == [[:space:]]* ]]; then
            line=${line#"${line%%[![:space:]]*}"}
            words[count++]=
        fi
        [[ $line == "$word"* ]] || word=$line
        words[count - 1]+=$word
        line=${line#"$word"}
    done
    # Bash replaces only its own last word, which is $2.
    local joined=${words[count - 1]%"$2"}
    COMPREPLY=()
    while IFS= read -r word || [[ -n $word ]]; do
        COMPREPLY+=("${word#"$joined"}")
    done < <(COMPLETE=bash _CLAP_COMPLETE_INDEX=$((count - 1)) _CLAP_IFS=$'\n' croud -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o bashdefault -o nosort -F _croud croud 2>/dev/null || complete -o bashdefault -F _croud croud
