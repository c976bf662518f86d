# Completion of reef for fish. Put this line into ~/.config/fish/config.fish:
#   reef completion fish | source

function __reef_complete
    set -l words (commandline -opc)
    set -l program reef
    # What was typed with its folder need not be on the PATH.
    string match -q '*/*' -- $words[1]; and set program $words[1]
    set -l typed (commandline -ct)
    set -l current (string unescape -- $typed); or set current (string trim -lc '\'"' -- $typed)
    set -l lines ($program __complete fish $words[2..-1] "$current" 2>/dev/null)
    switch "$lines[1]"
        case files folders
            set -l flag (string match -r -- '^--[^=]+=' $current)
            set -l path (string replace -r -- '^--[^=]+=' '' $current)
            set -l list __fish_complete_path
            test $lines[1] = folders; and set list __fish_complete_directories
            for found in ($list "$path")
                echo "$flag$found"
            end
        case '*'
            string join -- \n $lines[2..-1]
    end
end

complete -c reef -f -k -a '(__reef_complete)'
